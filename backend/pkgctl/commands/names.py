"""Names inside a package: tags that move, versions that do not, and what a reference means."""

import re
from typing import Any

import click

from pkgctl.addresses import SHA256, PackagePath, PackageRef
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import (
    DEFAULT_ENTRIES,
    REF,
    RegistryCommand,
    RegistryGroup,
    bound,
    limit_option,
    package_argument,
    version_argument,
)

VERSION = re.compile(r"[!-.0-~]{1,128}")

expectation = click.option(
    "--expect",
    metavar="SHA256|VERSION|none",
    help="Change it only if it points there now, or does not exist.",
)


@click.command(cls=RegistryCommand)
@click.argument("ref", type=REF, metavar="PROJECT/PACKAGE[@REF]")
@pass_invocation
def resolve(invocation: Invocation, ref: PackageRef) -> None:
    """Show what a reference means, and why.

    REF is a tag, a version, a SHA-256, version:RANGE (such as version:^1.2), latest (default) or active.
    """
    invocation.screen.facts(invocation.api.get(ref.name.path("resolve"), ref=ref.ref))


@click.group(cls=RegistryGroup)
def tags() -> None:
    """Tags of a package: list (default), set, delete, history."""


@tags.command("list")
@package_argument
@limit_option(0)
@pass_invocation
def list_tags(invocation: Invocation, package: PackagePath, limit: int) -> None:
    """Show the tags."""
    items, more = invocation.api.items(package.path("tags"), bound(limit))
    invocation.screen.rows(items, ("name", "version", "artifact_id", "updated_at", "updated_by"), more=more)


@tags.command("set")
@package_argument
@click.argument("tag")
@click.argument("target")
@expectation
@pass_invocation
def set_tag(invocation: Invocation, package: PackagePath, tag: str, target: str, expect: str | None) -> None:
    """Point a tag at TARGET, a reference, as it is understood now.

    TARGET is a tag, a version, a SHA-256, version:RANGE (such as version:^1.2), latest or active.
    """
    body = {"artifact_id": target} if SHA256.fullmatch(target) else {"ref": target}
    where = package.path("tags", tag)
    moved = invocation.api.call("PUT", where, body=body, headers=condition(expect))
    previous = moved["previous_version"] or moved["previous"]
    before = f" (before: {previous})" if previous else ""
    place = moved["version"] or moved["artifact_id"]
    invocation.screen.done(moved, f"{package}: {tag} points at {place}{before}")


@tags.command("delete")
@package_argument
@click.argument("tag")
@expectation
@pass_invocation
def delete_tag(invocation: Invocation, package: PackagePath, tag: str, expect: str | None) -> None:
    """Delete a tag; its history stays."""
    invocation.api.call("DELETE", package.path("tags", tag), headers=condition(expect))
    invocation.screen.done({"deleted": tag}, f"Deleted tag {tag} of {package}")


@tags.command("history")
@package_argument
@click.argument("tag")
@limit_option(DEFAULT_ENTRIES)
@pass_invocation
def show_history(invocation: Invocation, package: PackagePath, tag: str, limit: int) -> None:
    """Show where a tag pointed, newest first."""
    items, more = invocation.api.items(package.path("tags", tag, "history"), bound(limit))
    columns = ("moved_at", "version", "artifact_id", "previous_version", "previous", "moved_by")
    invocation.screen.rows(items, columns, more=more)


def condition(expect: str | None) -> dict[str, str]:
    """Return the header that makes a change compare-and-swap."""
    if expect is None:
        return {}
    if expect == "none":
        return {"If-None-Match": "*"}
    if not VERSION.fullmatch(expect):
        raise click.BadParameter("give a SHA-256, a version, or none", param_hint="--expect")
    escaped = expect.replace("%", "%25").replace('"', "%22")  # as in the ETag of the tag
    return {"If-Match": f'"{escaped}"'}


@click.group(cls=RegistryGroup)
def versions() -> None:
    """Versions of a package: list (default), show, delete; see also seal, yank, deprecate, notes."""


@versions.command("list")
@package_argument
@limit_option(0)
@pass_invocation
def list_versions(invocation: Invocation, package: PackagePath, limit: int) -> None:
    """Show the versions, newest first."""
    items, more = invocation.api.items(package.path("versions"), bound(limit))
    columns = (
        "id", "version", "status", "artifact_id", "version_source", "created_at", "created_by", "yanked",
        "deprecated", "sealed",
    )  # fmt: skip
    shown = items if invocation.as_json else [as_row(each) for each in items]
    invocation.screen.rows(shown, columns, more=more)


def as_row(version: dict[str, Any]) -> dict[str, Any]:
    """Return a version as a row for people: why it was yanked, and whether it takes new files."""
    sealed = "yes" if version["sealed_at"] else None
    return {**version, "yanked": reason_of_yank(version), "sealed": sealed}


def reason_of_yank(version: dict[str, Any]) -> str | None:
    """Return why a version was yanked, for a column; None if it was not."""
    yanked = version["yanked"]
    return None if yanked is None else yanked["reason"] or "yes"


@versions.command("show")
@version_argument
@click.option("--readme", is_flag=True, help="Print the README in it, and nothing else.")
@pass_invocation
def show_version(invocation: Invocation, version: PackageRef, *, readme: bool) -> None:
    """Show one version, and what its package says of itself."""
    found: dict[str, Any] = invocation.api.get(version.name.path("versions", version.ref))
    show_with_what_it_says(invocation, found, str(version), readme=readme)


def show_with_what_it_says(
    invocation: Invocation, found: dict[str, Any], called: str, *, readme: bool
) -> None:
    """Show a version or a file, to people without the README, which is long; or that alone."""
    said: dict[str, Any] = found.get("said") or {}
    if readme:
        words = said.get("readme")
        if words or invocation.as_json:
            invocation.screen.done({"readme": words}, (words or "").rstrip("\n"))
        else:
            invocation.screen.say(f"{called} has no README")
        return
    if not invocation.as_json:
        rest = {name: value for name, value in found.items() if name != "said"}
        found = {
            **rest,
            **{name: said[name] for name in ("summary", "requires", "dependencies") if name in said},
        }
    invocation.screen.facts(found)


@versions.command("delete")
@version_argument
@pass_invocation
def delete_version(invocation: Invocation, version: PackageRef) -> None:
    """Delete a version; its name takes only the same bytes afterwards."""
    invocation.api.call("DELETE", version.name.path("versions", version.ref))
    invocation.screen.done({"deleted": version.ref}, f"Deleted version {version.ref} of {version.name}")
