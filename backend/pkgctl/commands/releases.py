"""Releases: made, watched, put in use."""

import re
from dataclasses import dataclass
from typing import Any

import click

from pkgctl.addresses import PackageName, parse_package, path
from pkgctl.api import Api
from pkgctl.errors import CommandFailed, ExitCode
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import (
    DEFAULT_ENTRIES,
    Parsed,
    RegistryCommand,
    RegistryGroup,
    bound,
    limit_option,
    without_none,
)
from pkgctl.waiting import wait_for

COLUMNS = ("id", "project", "name", "version", "status", "artifact_id", "created_at", "error")
DEFAULT_WAIT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """A release by its number, or by its package and version."""

    number: int | None
    package: PackageName | None = None
    version: str = ""

    def path(self, api: Api, *rest: object) -> str:
        """Return the path of the release or of something of it; a name is looked up first."""
        number = self.number
        if self.package is not None:
            number = api.get(self.package.path("versions", self.version))["id"]
        return path("packages", number, *rest)


def parse_release(text: str) -> ReleaseName:
    """Read a number or `PROJECT/PACKAGE@VERSION`. Raises ValueError."""
    if re.fullmatch(r"[0-9]{1,19}", text):
        return ReleaseName(int(text))
    name, _, version = text.partition("@")
    if not version:
        message = f"{text!r} is neither the number of a release nor PROJECT/PACKAGE@VERSION"
        raise ValueError(message)
    return ReleaseName(None, parse_package(name), version)


RELEASE: Parsed[ReleaseName] = Parsed("RELEASE", parse_release)
release_argument = click.argument("release", type=RELEASE, metavar="ID|PROJECT/PACKAGE@VERSION")


@click.command(cls=RegistryCommand)
@click.argument("name")
@click.argument("version")
@click.option("--project", help="Where the package is. [default]")
@click.option("--source", type=click.Choice(["nix"]), help="Let the service build it from its catalogue.")
@click.option("--url", help="Let the service fetch it from here; needs --sha256.")
@click.option("--sha256", help="What --url must give.")
@pass_invocation
def create(invocation: Invocation, /, name: str, version: str, **wish: str | None) -> None:
    """Make a release; its bytes come from a source, or by an upload of that version."""
    body = without_none(name=name, version=version, project=wish["project"], source=source_of(wish))
    made = invocation.api.post(path("packages"), body)
    sentence = f"Created release {made['id']}: {made['project']}/{made['name']} v{made['version']}"
    invocation.screen.done(made, f"{sentence} ({made['status']})")


def source_of(wish: dict[str, str | None]) -> dict[str, str] | None:
    """Return the source that the options describe. Raises UsageError if they contradict each other."""
    url, sha256 = wish["url"], wish["sha256"]
    if url is None and sha256 is None:
        return None if wish["source"] is None else {"type": "nix"}
    if url is None or sha256 is None or wish["source"] is not None:
        raise click.UsageError("give --source nix, or --url and --sha256, or nothing")
    return {"type": "url", "url": url, "sha256": sha256}


@click.command(cls=RegistryCommand)
@release_argument
@click.option("--wait", is_flag=True, help="Wait until its bytes are there; exit code 1 if that fails.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=DEFAULT_WAIT_SECONDS, metavar="SECONDS",
    help=f"Wait no longer. [{DEFAULT_WAIT_SECONDS}]",
)  # fmt: skip
@pass_invocation
def status(invocation: Invocation, release: ReleaseName, *, wait: bool, timeout: float) -> None:
    """Show a release."""
    api = invocation.api
    where = release.path(api)
    found = api.get(where)
    if wait and found["status"] == "created":
        found = wait_for(
            lambda: api.get(where),
            lambda seen: seen["status"] != "created",
            timeout_seconds=timeout,
            what=f"release {found['id']}",
        )
    if wait and found["status"] == "failed":
        raise CommandFailed(
            f"release {found['id']} has failed: {found['error']}",
            ExitCode.REFUSED,
            reason="release_failed",
            facts=found,
        )
    invocation.screen.facts(found)


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def log(invocation: Invocation, release: ReleaseName) -> None:
    """Show what the last attempt to obtain the bytes has said."""
    api = invocation.api
    found = api.get(release.path(api, "log"))
    if not invocation.as_json and found["truncated"]:
        invocation.screen.say("(only the end was kept)")
    invocation.screen.done(found, found["log"].rstrip("\n"))


def change(invocation: Invocation, release: ReleaseName, action: str) -> Any:
    """Carry out one step in a release's life, and return the release."""
    return invocation.api.post(release.path(invocation.api, action))


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def activate(invocation: Invocation, release: ReleaseName) -> None:
    """Put a release in use, in place of the one that is."""
    changed = change(invocation, release, "activate")
    invocation.screen.done(changed, f"Success: Activated package v{changed['version']}")


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def deactivate(invocation: Invocation, release: ReleaseName) -> None:
    """Take a release out of use."""
    changed = change(invocation, release, "deactivate")
    invocation.screen.done(changed, f"Success: Deactivated package v{changed['version']}")


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def retry(invocation: Invocation, release: ReleaseName) -> None:
    """Try again to obtain the bytes of a release that has failed."""
    changed = change(invocation, release, "retry")
    invocation.screen.done(changed, f"Release {changed['id']} is tried again")


@click.group(cls=RegistryGroup)
def releases() -> None:
    """Releases: list (default), delete; see also create, status, log, activate, deactivate, retry."""


@releases.command("list")
@click.option("--status", type=click.Choice(["created", "downloaded", "activated", "failed"]))
@click.option("--name", help="Only this package.")
@click.option("--project", help="Only this project.")
@limit_option(DEFAULT_ENTRIES)
@pass_invocation
def list_releases(invocation: Invocation, /, limit: int, **filters: str | None) -> None:
    """Show releases, newest first."""
    items, more = invocation.api.items(path("packages"), bound(limit), **filters)
    invocation.screen.rows(items, COLUMNS, more=more)


@releases.command("delete")
@release_argument
@pass_invocation
def delete_release(invocation: Invocation, release: ReleaseName) -> None:
    """Delete a release."""
    where = release.path(invocation.api)
    invocation.api.call("DELETE", where)
    number = int(where.rpartition("/")[2])
    invocation.screen.done({"deleted": number}, f"Deleted release {number}")
