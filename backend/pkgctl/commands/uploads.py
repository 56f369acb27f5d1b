"""Uploads that were begun from this machine and have not ended."""

from typing import Any

import click
from rich.filesize import decimal

from pkgctl.api import Api
from pkgctl.errors import ExitCode, LocalProblem, Refused
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryGroup
from pkgctl.transfers.parted import ALIVE, GONE, kept_bytes
from pkgctl.transfers.unfinished import Unfinished, UnfinishedUploads

COLUMNS = ("id", "package", "filename", "size", "kept", "state", "expires_at", "file")


@click.group(cls=RegistryGroup)
def uploads() -> None:
    """Uploads that have not ended: list (default), discard. `pkgctl upload` goes on with them."""


@uploads.command("list")
@pass_invocation
def list_uploads(invocation: Invocation) -> None:
    """Show what was begun from this machine at this service, and how much of it the service has."""
    known = UnfinishedUploads(invocation.profiles.folder)
    shown = [row for each in known.at(invocation.server) if (row := row_of(invocation.api, known, each))]
    invocation.screen.rows(shown, COLUMNS)


@uploads.command("discard")
@click.argument("ids", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Discard all of them.")
@pass_invocation
def discard_uploads(invocation: Invocation, ids: tuple[str, ...], *, is_all: bool) -> None:
    """Give uploads up, here and at the service."""
    if bool(ids) == is_all:
        raise click.UsageError("name the uploads, or say --all")
    known = UnfinishedUploads(invocation.profiles.folder)
    found = {id_of(each): each for each in known.at(invocation.server)}
    if unknown := [each for each in ids if each not in found]:
        raise LocalProblem(f"no unfinished upload {unknown[0]} here", ExitCode.NOT_FOUND, reason="no_upload")
    chosen = list(found) if is_all else list(dict.fromkeys(ids))
    for each in chosen:
        give_up(invocation.api, found[each])
        known.forget(found[each])
    invocation.screen.done({"discarded": chosen}, f"Discarded {len(chosen)}")


def row_of(api: Api, known: UnfinishedUploads, upload: Unfinished) -> dict[str, Any] | None:
    """Ask the service about an upload; None, and forgotten, if there is nothing left to go on with."""
    cargo = upload.cargo
    row: dict[str, Any] = {"id": id_of(upload), "package": cargo.package, "filename": cargo.filename}
    row |= {"size": cargo.size, "kept": 0, "state": "not begun", "expires_at": None, "file": upload.file}
    if upload.url is None:
        return row
    try:
        session = api.get(upload.url)
    except Refused as refusal:
        if refusal.status not in GONE:
            raise
        session = {"state": "gone"}
    if session["state"] not in ALIVE:
        known.forget(upload)
        return None
    return row | {
        "kept": kept_bytes(session),
        "state": session["state"],
        "expires_at": session["expires_at"],
    }


def give_up(api: Api, upload: Unfinished) -> None:
    """Let the service forget an upload; one that it has forgotten already is no trouble."""
    if upload.url is None:
        return
    try:
        api.call("DELETE", upload.url)
    except Refused as refusal:
        if refusal.status not in GONE:
            raise


def id_of(upload: Unfinished) -> str:
    """Return what a person calls an upload: short, and the same until it has ended."""
    return upload.cargo.key[:8]


def kept_sentence(kept: int) -> str:
    """Say how much had come before."""
    return f" ({decimal(kept)} of it were there from before)" if kept else ""
