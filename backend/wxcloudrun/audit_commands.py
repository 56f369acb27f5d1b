"""The `flask` commands of the audit log."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from wxcloudrun.audit.gateway import SinkFailed
from wxcloudrun.audit.rules import Head, read_head
from wxcloudrun.audit.service.archive import Archive, NotPruned
from wxcloudrun.audit.service.chain import ChainBroken
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.outside import read_heads
from wxcloudrun.commands import FINDINGS, CommandReport, fail, reporting
from wxcloudrun.web.endpoint import service

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


def register_audit_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (audit_begin, audit_chain, audit_verify, audit_export, audit_prune):
        app.cli.add_command(command)


@click.command("audit-begin")
@with_appcontext
def audit_begin() -> None:
    """Seal the beginning of the log anew after it was lost. `flask init` does it the first time.

    What is there by then counts as sealed late. Look at what `audit-verify` finds before.
    """
    if not service(AuditService).begin(again=True):
        click.echo("the log has its beginning and its head")
        sys.exit(FINDINGS)
    click.echo("the log has begun")


@click.command("audit-chain")
@with_appcontext
def audit_chain() -> None:
    """Tie the audit entries that were written since the last time into the chain."""
    try:
        click.echo(f"{service(AuditService).chain()} entries chained")
    except (ChainBroken, SinkFailed) as error:
        fail(str(error))


def read_option(
    _context: click.Context, _option: click.Parameter, lines: tuple[str, ...]
) -> list[tuple[Head, str]]:
    """Read what `--head` gives."""
    heads = [read_head(line) for line in lines]
    if None in heads:
        raise click.BadParameter("give the line as it was written, from { to }")
    return [head for head in heads if head is not None]


@click.command("audit-verify")
@click.option("--contains", metavar="MAC", help="The end of the chain that was seen at an earlier time.")
@click.option(
    "--head", "heads", metavar="LINE", multiple=True, callback=read_option,
    help="An end as it was handed over to a log or a webhook.",
)  # fmt: skip
@click.option(
    "--heads", "file", type=EXISTING,
    help="A file of such lines, or a log that holds some.",
)  # fmt: skip
@click.option(
    "--export", type=EXISTING, help="Verify this file, which audit-export has written, and nothing else."
)
@reporting
def audit_verify(
    *, contains: str | None, heads: list[tuple[Head, str]], file: Path | None, export: Path | None
) -> CommandReport:
    """Find audit entries that were edited, forged, removed, reordered or slipped in, and lost ends."""
    if export is not None:
        with export.open(encoding="utf-8", errors="replace") as lines:
            return service(Archive).check(lines)
    return service(AuditService).check(heads=[*heads, *heads_of(file)], contains=contains)


def heads_of(file: Path | None) -> Iterator[tuple[Head, str]]:
    """Yield the heads of a file."""
    if file is not None:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from read_heads(lines)


@click.command("audit-export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Also what is younger than AUDIT_DAYS.")
@with_appcontext
def audit_export(*, file: Path, everything: bool) -> None:
    """Write chained entries that are older than AUDIT_DAYS into a new file, one a line, with their seals."""
    count = -2  # the first line and the last
    try:
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            for line in service(Archive).lines(everything=everything):
                out.write(f"{line}\n")
                count += 1
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    click.echo(f"{count} entries exported")


@click.command("audit-prune")
@click.argument("file", type=EXISTING)
@with_appcontext
def audit_prune(*, file: Path) -> None:
    """Take the entries away that a file of audit-export holds, and seal the place up to which they went."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            done = service(Archive).prune(lines)
    except NotPruned as error:
        fail(f"nothing was taken away: {error}")
    click.echo(f"{done.count} entries taken away")
