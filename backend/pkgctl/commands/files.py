"""The files of a version."""

from typing import Any

import click

from pkgctl.addresses import PackageRef
from pkgctl.api import Api
from pkgctl.commands.names import show_with_what_it_says
from pkgctl.errors import CommandFailed, ExitCode
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import NAMED_VERSION, REF, RegistryGroup, bound, limit_option, split_version


@click.group(cls=RegistryGroup)
def files() -> None:
    """Files of a version: list (default), show, delete."""


@files.command("list")
@click.argument("ref", type=REF, metavar="PROJECT/PACKAGE[@REF]")
@limit_option(0)
@pass_invocation
def list_files(invocation: Invocation, ref: PackageRef, limit: int) -> None:
    """Show the files of a version, in the order in which they came.

    REF is a tag, a version, version:RANGE (such as version:^1.2), latest (default) or active.
    """
    version = version_meant(invocation.api, ref)
    items, more = invocation.api.items(ref.name.path("versions", version, "files"), bound(limit))
    columns = ("filename", "size", "sha256", "content_type")
    invocation.screen.rows(items, columns, more=more)


@files.command("show")
@click.argument("words", nargs=-1, required=True, metavar=f"{NAMED_VERSION} FILE")
@click.option("--readme", is_flag=True, help="Print the README in it, and nothing else.")
@pass_invocation
def show_file(invocation: Invocation, words: tuple[str, ...], *, readme: bool) -> None:
    """Show one file of a version, and what it says of itself."""
    version, filename = file_meant(words)
    found = invocation.api.get(version.name.path("versions", version.ref, "files", *filename.split("/")))
    show_with_what_it_says(invocation, found, filename, readme=readme)


@files.command("delete")
@click.argument("words", nargs=-1, required=True, metavar=f"{NAMED_VERSION} FILE")
@pass_invocation
def delete_file(invocation: Invocation, words: tuple[str, ...]) -> None:
    """Delete one file of a version, in a package of the layout files."""
    version, filename = file_meant(words)
    where = version.name.path("versions", version.ref, "files", *filename.split("/"))
    invocation.api.call("DELETE", where)
    invocation.screen.done({"deleted": filename}, f"Deleted {filename} of {version}")


def file_meant(words: tuple[str, ...]) -> tuple[PackageRef, str]:
    """Return the version and the file that words name. Raises UsageError."""
    version, rest = split_version(words)
    if len(rest) != 1:
        raise click.UsageError(f"give the version and one file: {version} FILE")
    return version, rest[0]


def version_meant(api: Api, ref: PackageRef) -> str:
    """Return the version that a reference means. Raises CommandFailed if it means bytes of none."""
    found = api.get(ref.name.path("resolve"), ref=ref.ref)
    if found["version"] is None:
        raise CommandFailed(
            f"{ref} means bytes and no version", ExitCode.CONFLICT, reason="no_one_version",
            facts={"artifact_id": found["artifact_id"]},
        )  # fmt: skip
    return str(found["version"])


def files_of_version(api: Api, ref: PackageRef) -> tuple[str, list[dict[str, Any]]]:
    """Return the version that a reference means, and its files. Raises CommandFailed."""
    version = version_meant(api, ref)
    return version, api.items(ref.name.path("versions", version, "files"))[0]
