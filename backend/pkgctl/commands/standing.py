"""What is said of a version: yanked, deprecated, and what people wrote about it."""

from typing import Any, BinaryIO

import click

from pkgctl.addresses import PackagePath
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryCommand, package_argument

version_argument = click.argument("version")


def change(invocation: Invocation, package: PackagePath, version: str, **words: str | None) -> Any:
    """Say something of a version, and return it."""
    return invocation.api.call("PATCH", package.path("versions", version), body=words)


def saying(
    name: str, word: str, *, meaning: str, reason_is: str, needs_reason: bool = False
) -> click.Command:
    """Return the command that says one word of a version, with a reason, or takes it back."""

    @click.command(name, cls=RegistryCommand, help=meaning)
    @package_argument
    @version_argument
    @click.option("--reason", help=reason_is)
    @click.option("--undo", is_flag=True, help="Take that back.")
    @pass_invocation
    def command(
        invocation: Invocation, /, package: PackagePath, version: str, *, reason: str | None, undo: bool
    ) -> None:
        lacks_reason = needs_reason and not undo and not reason
        if lacks_reason or (undo and reason is not None):
            raise click.UsageError("give --reason or --undo")
        changed = change(invocation, package, version, **{word: None if undo else reason or ""})
        invocation.screen.done(changed, f"{package}@{version} is {'no longer ' if undo else ''}{word}")

    return command


yank = saying(
    "yank",
    "yanked",
    meaning="Keep a version from being chosen: latest and ranges pass over it, its name still finds it.",
    reason_is="Tell everybody why.",
)
deprecate = saying(
    "deprecate",
    "deprecated",
    meaning="Warn everybody who gets a version that they should use something else.",
    reason_is="Why, and what to use instead.",
    needs_reason=True,
)


@click.command(cls=RegistryCommand)
@package_argument
@version_argument
@click.argument("file", type=click.File("rb"), required=False)
@pass_invocation
def notes(invocation: Invocation, /, package: PackagePath, version: str, *, file: BinaryIO | None) -> None:
    """Show what people wrote about a version, or put FILE (- for the standard input) in its place.

    The notes are Markdown in UTF-8, 64 KiB at most; an empty file takes them away.
    """
    if file is None:
        found = invocation.api.get(package.path("versions", version))
        invocation.screen.done({"notes": found["notes"]}, (found["notes"] or "").rstrip("\n"))
        return
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise click.BadParameter("the notes are not in UTF-8", param_hint="FILE") from None
    changed = change(invocation, package, version, notes=text or None)
    invocation.screen.done(changed, f"{package}@{version} has {'new' if text else 'no'} notes")
