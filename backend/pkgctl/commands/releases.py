"""Releases: made, watched, put in use."""

import re
from dataclasses import dataclass
from typing import Any

import click

from pkgctl.addresses import PackagePath, parse_package, path
from pkgctl.api import Api
from pkgctl.errors import CommandFailed, ExitCode, Refused
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
EXACTLY = "version:"  # what stands before the name of a version in a reference


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """A release by its number, or by its package and a reference."""

    number: int | None
    package: PackagePath | None = None
    ref: str = ""

    def path(self, api: Api, *rest: object) -> str:
        """Return the path of the release or of something of it; a reference is looked up first."""
        number = self.number
        if self.package is not None:
            number = number_of(api, self.package, self.ref)
        return path("packages", number, *rest)

    def exact_path(self, api: Api) -> str:
        """Return the path of a release that was named by its number or its version, and by nothing else."""
        number = self.number
        if self.package is not None:
            number = api.get(self.package.path("versions", self.ref.removeprefix(EXACTLY)))["id"]
        return path("packages", number)


def number_of(api: Api, package: PackagePath, ref: str) -> int:
    """Return the number of the release that a reference means. Raises CommandFailed."""
    try:
        found = api.get(package.path("resolve"), ref=ref)
    except Refused as refusal:
        if refusal.exit_code is not ExitCode.NOT_FOUND:
            raise
        # References lead to bytes; a release that waits for its own can still be named.
        return number_of_waiting(api, package, ref.removeprefix(EXACTLY), refusal)
    version = found["version"] or version_of_artifact(api, package, ref, found["artifact_id"])
    return int(api.get(package.path("versions", version))["id"])


def number_of_waiting(api: Api, package: PackagePath, version: str, refusal: Refused) -> int:
    """Return the number of a version without bytes. Raises `refusal` if there is none of that name."""
    try:
        return int(api.get(package.path("versions", version))["id"])
    except Refused as absent:
        if absent.exit_code is not ExitCode.NOT_FOUND:
            raise
        raise refusal from None


def version_of_artifact(api: Api, package: PackagePath, ref: str, artifact: str) -> str:
    """Return the one version of a package that is these bytes. Raises CommandFailed for none or several."""
    holders = api.get(path("artifact", artifact))["versions"]
    here = {"project": package.project, "package": package.package}
    versions = [str(each["version"]) for each in holders if here.items() <= each.items()]
    if len(versions) == 1:
        return versions[0]
    those = f"the versions {', '.join(versions)}: name one of them" if versions else "bytes without a version"
    raise CommandFailed(
        f"{package}@{ref} means {those}",
        ExitCode.CONFLICT,
        reason="no_one_version",
        facts={"artifact_id": artifact, "versions": versions},
    )


def parse_release(text: str) -> ReleaseName:
    """Read a number or `PROJECT/PACKAGE@REF`. Raises ValueError."""
    if re.fullmatch(r"[0-9]{1,19}", text):
        return ReleaseName(int(text))
    name, _, ref = text.partition("@")
    if not ref:
        message = f"{text!r} is neither the number of a release nor PROJECT/PACKAGE@REF"
        raise ValueError(message)
    return ReleaseName(None, parse_package(name), ref)


RELEASE: Parsed[ReleaseName] = Parsed("RELEASE", parse_release)
release_argument = click.argument("release", type=RELEASE, metavar="ID|PROJECT/PACKAGE@REF")
exact_release_argument = click.argument("release", type=RELEASE, metavar="ID|PROJECT/PACKAGE@VERSION")


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


def success(verb: str, release: Any) -> str:
    """Return what scripts look for in the first line, and in the second which package it was."""
    return f"Success: {verb} package v{release['version']}\n{named(release)}"


def named(release: Any) -> str:
    """Return a release as one may write it."""
    return f"{release['project']}/{release['name']}@{release['version']}"


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def activate(invocation: Invocation, release: ReleaseName) -> None:
    """Put a release in use, in place of the one that is."""
    changed = change(invocation, release, "activate")
    invocation.screen.done(changed, success("Activated", changed))


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def deactivate(invocation: Invocation, release: ReleaseName) -> None:
    """Take a release out of use."""
    changed = change(invocation, release, "deactivate")
    invocation.screen.done(changed, success("Deactivated", changed))


@click.command(cls=RegistryCommand)
@release_argument
@pass_invocation
def retry(invocation: Invocation, release: ReleaseName) -> None:
    """Try again to obtain the bytes of a release that has failed."""
    changed = change(invocation, release, "retry")
    invocation.screen.done(changed, f"Release {changed['id']} is tried again: {named(changed)}")


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
@exact_release_argument
@pass_invocation
def delete_release(invocation: Invocation, release: ReleaseName) -> None:
    """Delete a release, named exactly: no tag and no range decides what goes."""
    where = release.exact_path(invocation.api)
    found = invocation.api.get(where)
    invocation.api.call("DELETE", where)
    invocation.screen.done({"deleted": found["id"]}, f"Deleted release {found['id']}: {named(found)}")
