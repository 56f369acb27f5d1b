"""What is said of a version: yanked, deprecated, and what people wrote about it."""

from typing import IO, Any

import click

from pkgctl.addresses import PackageRef
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import NAMED_VERSION, RegistryCommand, split_version, version_argument


def change(invocation: Invocation, version: PackageRef, **words: str | None) -> Any:
    """Say something of a version, and return it."""
    return invocation.api.call("PATCH", version.name.path("versions", version.ref), body=words)


def saying(
    name: str, word: str, *, meaning: str, reason_is: str, needs_reason: bool = False
) -> click.Command:
    """Return the command that says one word of a version, with a reason, or takes it back."""

    @click.command(name, cls=RegistryCommand, help=meaning)
    @version_argument
    @click.option("--reason", help=reason_is)
    @click.option("--undo", is_flag=True, help="Take that back.")
    @pass_invocation
    def command(invocation: Invocation, /, version: PackageRef, *, reason: str | None, undo: bool) -> None:
        lacks_reason = needs_reason and not undo and not reason
        if lacks_reason or (undo and reason is not None):
            raise click.UsageError("give --reason or --undo")
        changed = change(invocation, version, **{word: None if undo else reason or ""})
        invocation.screen.done(changed, f"{version} is {'no longer ' if undo else ''}{word}")

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
@version_argument
@pass_invocation
def seal(invocation: Invocation, version: PackageRef) -> None:
    """Let a version take no new file any more; that cannot be taken back."""
    sealed = invocation.api.post(version.name.path("versions", version.ref, "seal"))
    invocation.screen.done(sealed, f"{version} is sealed")


@click.command(cls=RegistryCommand)
@click.argument("words", nargs=-1, required=True, metavar=f"{NAMED_VERSION} [FILE]")
@pass_invocation
@click.pass_context
def notes(context: click.Context, invocation: Invocation, words: tuple[str, ...]) -> None:
    """Show what people wrote about a version, or put FILE (- for the standard input) in its place.

    The notes are Markdown in UTF-8, 64 KiB at most; an empty file takes them away.
    """
    version, rest = split_version(words)
    if not rest:
        show_notes(invocation, version)
        return
    if len(rest) > 1:
        raise click.UsageError(f"Got unexpected extra argument ({rest[1]})")
    file: IO[bytes] = click.File("rb").convert(rest[0], None, context)
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise click.BadParameter("the notes are not in UTF-8", param_hint="FILE") from None
    changed = change(invocation, version, notes=text or None)
    invocation.screen.done(changed, f"{version} has {'new' if text else 'no'} notes")


def show_notes(invocation: Invocation, version: PackageRef) -> None:
    """Print what people wrote about a version, or say that nobody did."""
    text = invocation.api.get(version.name.path("versions", version.ref))["notes"]
    if text or invocation.as_json:
        invocation.screen.done({"notes": text}, (text or "").rstrip("\n"))
    else:
        invocation.screen.say(f"{version} has no notes")
