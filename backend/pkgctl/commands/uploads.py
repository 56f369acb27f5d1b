"""Uploads that have not ended: those that were begun from this machine, and those that a service has."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import click
from rich.filesize import decimal

from pkgctl.addresses import PackagePath
from pkgctl.api import Api
from pkgctl.errors import CommandFailed, ExitCode, LocalProblem, Refused
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import PACKAGE, RegistryGroup
from pkgctl.transfers.parted import ALIVE, kept_bytes
from pkgctl.transfers.unfinished import Unfinished, UnfinishedUploads

COLUMNS = (
    "id", "package", "filename", "version", "tag", "size", "kept", "state", "expires_at", "file",
)  # fmt: skip
COLUMNS_OF_SERVICE = (
    "id", "filename", "version", "tag", "size", "received_bytes", "state", "protocol", "created_at",
    "expires_at",
)  # fmt: skip
NOT_VISIBLE = "not visible to you"  # whoever shows another credential may see it
TUS = "/tus/"
TUS_VERSION = {"Tus-Resumable": "1.0.0"}  # without it no upload of that protocol is given up

package_option = click.option(
    "--in",
    "package",
    type=PACKAGE,
    metavar="PROJECT/PACKAGE",
    help="What the service has of you in this package, wherever it was begun.",
)


@click.group(cls=RegistryGroup)
def uploads() -> None:
    """Uploads that have not ended: list (default), discard. `pkgctl upload` goes on with them."""


@uploads.command("list")
@package_option
@pass_invocation
def list_uploads(invocation: Invocation, package: PackagePath | None) -> None:
    """Show what was begun from this machine at this service, and how much of it the service has."""
    if package is not None:
        invocation.screen.rows(unfinished_in(invocation.api, package), COLUMNS_OF_SERVICE)
        return
    known = UnfinishedUploads(invocation.profiles.folder, invocation.screen.warn)
    shown = [row for each in known.at(invocation.server) if (row := row_of(invocation.api, known, each))]
    invocation.screen.rows(shown, COLUMNS)


@uploads.command("discard")
@click.argument("ids", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Discard all of them.")
@click.option("--forget", is_flag=True, help="Forget here also what the service does not show to you.")
@package_option
@pass_invocation
def discard_uploads(
    invocation: Invocation, ids: tuple[str, ...], package: PackagePath | None, *, is_all: bool, forget: bool
) -> None:
    """Give uploads up, here and at the service."""
    if bool(ids) == is_all:
        raise click.UsageError("name the uploads, or say --all")
    known = UnfinishedUploads(invocation.profiles.folder, invocation.screen.warn)
    here = list(known.at(invocation.server))
    if package is None:
        found = {id_of(each): each.url for each in here}
    else:
        found = {each["id"]: each["url"] for each in unfinished_in(invocation.api, package)}
    if unknown := [each for each in ids if each not in found]:
        where = "here" if package is None else f"of yours in {package}"
        raise LocalProblem(
            f"no unfinished upload {unknown[0]} {where}", ExitCode.NOT_FOUND, reason="no_upload"
        )
    chosen = list(found) if is_all else list(dict.fromkeys(ids))
    # What the service has just listed and shows no more has ended.
    may_lack = forget or package is not None
    invisible = [each for each in chosen if not give_up(invocation.api, found[each]) and not may_lack]
    for upload in here:
        if any(
            id_of(upload) == each or (upload.url is not None and upload.url == found[each])
            for each in chosen
            if each not in invisible
        ):
            known.forget(upload)
    refuse_invisible(invisible)
    invocation.screen.done({"discarded": chosen}, f"Discarded {len(chosen)}")


def refuse_invisible(ids: Sequence[str]) -> None:
    """Raise LocalProblem if there are uploads that the service does not show to whoever asks."""
    if ids:
        raise LocalProblem(
            f"{', '.join(ids)}: {NOT_VISIBLE}, so not discarded; use the credential that began it, or say"
            " --forget if it shall only be forgotten here",
            ExitCode.NOT_FOUND,
            reason="not_visible",
        )


def unfinished_in(api: Api, package: PackagePath) -> list[dict[str, Any]]:
    """Return what a service has of the caller in a package that has not ended."""
    return api.items(package.path("uploads", "sessions"))[0]


def row_of(api: Api, known: UnfinishedUploads, upload: Unfinished) -> dict[str, Any] | None:
    """Ask the service about an upload; None, and forgotten, if there is nothing left to go on with."""
    cargo = upload.cargo
    row: dict[str, Any] = {"id": id_of(upload), "package": cargo.package, "filename": cargo.filename}
    row |= {
        "version": cargo.version,
        "tag": cargo.tag,
        "size": cargo.size,
        "kept": 0,
        "state": "not begun",
        "expires_at": None,
        "file": upload.file,
    }
    if upload.url is None:
        return row
    try:
        session = api.get(upload.url)
    except Refused as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return row | {"kept": None, "state": NOT_VISIBLE}
        if refusal.status != HTTPStatus.GONE:
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


def give_up(api: Api, url: str | None) -> bool:
    """Let the service give an upload up; False if it shows none, to this caller at least."""
    if url is None:
        return True
    try:
        api.call("DELETE", url, headers=TUS_VERSION if url.startswith(TUS) else None)
    except CommandFailed as failure:  # what tus refuses is no answer of the API, but has its statuses
        if failure.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise
        return failure.status == HTTPStatus.GONE
    return True


def id_of(upload: Unfinished) -> str:
    """Return what a person calls an upload: short, and the same until it has ended."""
    return upload.cargo.key[:8]


def kept_sentence(kept: int) -> str:
    """Say how much had come before."""
    return f" ({decimal(kept)} of it were there from before)" if kept else ""
