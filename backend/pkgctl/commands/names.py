"""Names inside a package: tags that move, versions that do not, and what a reference means."""

from typing import Any

import click

from pkgctl.addresses import SHA256, PackageName, PackageRef
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import (
    DEFAULT_ENTRIES,
    REF,
    RegistryCommand,
    RegistryGroup,
    bound,
    limit_option,
    package_argument,
)

expectation = click.option(
    "--expect",
    metavar="SHA256|none",
    help="Change it only if it points at this artifact now, or does not exist.",
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
def list_tags(invocation: Invocation, package: PackageName, limit: int) -> None:
    """Show the tags."""
    items, more = invocation.api.items(package.path("tags"), bound(limit))
    invocation.screen.rows(items, ("name", "artifact_id", "updated_at", "updated_by"), more=more)


@tags.command("set")
@package_argument
@click.argument("tag")
@click.argument("target")
@expectation
@pass_invocation
def set_tag(invocation: Invocation, package: PackageName, tag: str, target: str, expect: str | None) -> None:
    """Point a tag at TARGET: a version, or the SHA-256 of an artifact."""
    body = {"artifact_id": target} if SHA256.fullmatch(target) else {"version": target}
    where = package.path("tags", tag)
    moved = invocation.api.call("PUT", where, body=body, headers=condition(expect))
    before = f" (before: {moved['previous']})" if moved["previous"] else ""
    invocation.screen.done(moved, f"{package}: {tag} points at {moved['artifact_id']}{before}")


@tags.command("delete")
@package_argument
@click.argument("tag")
@expectation
@pass_invocation
def delete_tag(invocation: Invocation, package: PackageName, tag: str, expect: str | None) -> None:
    """Delete a tag; its history stays."""
    invocation.api.call("DELETE", package.path("tags", tag), headers=condition(expect))
    invocation.screen.done({"deleted": tag}, f"Deleted tag {tag} of {package}")


@tags.command("history")
@package_argument
@click.argument("tag")
@limit_option(DEFAULT_ENTRIES)
@pass_invocation
def show_history(invocation: Invocation, package: PackageName, tag: str, limit: int) -> None:
    """Show where a tag pointed, newest first."""
    items, more = invocation.api.items(package.path("tags", tag, "history"), bound(limit))
    invocation.screen.rows(items, ("moved_at", "artifact_id", "previous", "moved_by"), more=more)


def condition(expect: str | None) -> dict[str, str]:
    """Return the header that makes a change compare-and-swap."""
    if expect is None:
        return {}
    if expect == "none":
        return {"If-None-Match": "*"}
    if not SHA256.fullmatch(expect):
        raise click.BadParameter("give 64 lower-case hex digits, or none", param_hint="--expect")
    return {"If-Match": f'"{expect}"'}


@click.group(cls=RegistryGroup)
def versions() -> None:
    """Versions of a package: list (default), show, delete."""


@versions.command("list")
@package_argument
@limit_option(0)
@pass_invocation
def list_versions(invocation: Invocation, package: PackageName, limit: int) -> None:
    """Show the versions, newest first."""
    items, more = invocation.api.items(package.path("versions"), bound(limit))
    columns = ("id", "version", "status", "artifact_id", "version_source", "created_at", "created_by")
    invocation.screen.rows(items, columns, more=more)


@versions.command("show")
@package_argument
@click.argument("version")
@pass_invocation
def show_version(invocation: Invocation, package: PackageName, version: str) -> None:
    """Show one version."""
    found: dict[str, Any] = invocation.api.get(package.path("versions", version))
    invocation.screen.facts(found)


@versions.command("delete")
@package_argument
@click.argument("version")
@pass_invocation
def delete_version(invocation: Invocation, package: PackageName, version: str) -> None:
    """Delete a version; its name takes only the same bytes afterwards."""
    invocation.api.call("DELETE", package.path("versions", version))
    invocation.screen.done({"deleted": version}, f"Deleted version {version} of {package}")
