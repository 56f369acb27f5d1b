"""Bytes in by sending them: permission, then the stream, then the rows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Reader, Transaction, asking, reading
from wxcloudrun.kit.package_names import Format, is_of_format
from wxcloudrun.kit.security import Action, Actor, Scope
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.acceptance import (
    AcceptedUpload,
    StoredBytes,
    UploadAcceptance,
    UploadSpec,
    empty_file,
    refuse_name,
)
from wxcloudrun.versions.service.versions import NamedVersion


@dataclass(frozen=True, slots=True)
class UploadPlace:
    """Who uploads, and where."""

    actor: Actor
    project: str
    package: str


class UploadService:
    """Admits senders and opens an upload for each."""

    def __init__(
        self, *, packages: PackageService, intake: IntakeService, acceptance: UploadAcceptance
    ) -> None:
        self._packages = packages
        self._intake = intake
        self._acceptance = acceptance

    def admit(self, place: UploadPlace, announced_bytes: int | None) -> None:
        """Return if so many bytes may be sent there; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden, TooLarge, StoreFull, or Invalid for an empty body.
        """
        with asking() as reader:
            self._enter(reader, place)
        self._intake.admit(announced_bytes)
        if announced_bytes == 0:
            raise empty_file()

    def admit_name(self, place: UploadPlace, spec: UploadSpec, digest: str | None) -> None:
        """Return if a file may be called so there, before its bytes are read.

        Raises Invalid for a path, and for a name that the package does not take; Forbidden for a tag that
        would certainly be moved by who may not.
        """
        may_move = spec.tag is None or Scope.RELEASE in place.actor.scopes
        is_judged = "/" in spec.filename or is_of_format(place.package, Format.PYPI)
        if is_judged or not may_move:
            with reading() as session:
                found = self._enter(session, place)
                refuse_name(found, spec)
                self._acceptance.refuse_tag(session, place.actor, found, spec, digest)

    @contextmanager
    def open(self, place: UploadPlace) -> Iterator["IncomingUpload"]:
        """Open an upload, at whose end nothing remains that was not accepted."""
        with self._intake.open() as intake:
            yield IncomingUpload(place, self._packages, intake, self._acceptance)

    def _enter(self, reader: Reader, place: UploadPlace) -> FoundPackage:
        return self._packages.enter(reader, place.actor, place.project, place.package, Action.ARTIFACT_WRITE)


class IncomingUpload:
    """One body on its way in: `take` the bytes, then `accept` them."""

    def __init__(
        self, place: UploadPlace, packages: PackageService, intake: Intake, acceptance: UploadAcceptance
    ) -> None:
        self._place = place
        self._packages = packages
        self._intake = intake
        self._acceptance = acceptance

    def take(self, blocks: Iterable[bytes], checksums: Checksums, size_bytes: int | None = None) -> None:
        """Stream the bytes into the store and measure them; `size_bytes` of them, if that is certain.

        Raises TooLarge, Interrupted, StoreUnavailable, ChecksumMismatch, or Invalid for an empty file.
        """
        if self._intake.take(blocks, checksums, size_bytes).size_bytes == 0:
            raise empty_file()

    def accept(self, spec: UploadSpec) -> AcceptedUpload:
        """Make the bytes that were taken an artifact with an upload, a tag and a version.

        The credential and the rights are looked up again: a long upload may end after they were taken away.
        Raises Unauthorized, NotFound, Forbidden, VersionTaken, IdempotencyKeyReused.
        """
        stored = StoredBytes(self._intake.key, self._intake.measured.size_bytes)
        proposed = self._acceptance.proposed_version(spec, stored, self._place.package)
        return self._intake.complete(lambda tx: self._write(tx, spec, proposed))

    def _write(self, tx: Transaction, spec: UploadSpec, proposed: NamedVersion | None) -> AcceptedUpload:
        place = self._place
        actor, found = self._packages.enter_again(
            tx.connection, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
        )
        # Adopted first: a retry may be the one that brings back what the store has lost.
        adopted = self._intake.adopt(tx)
        earlier = self._acceptance.replayed(tx.session, actor, found, spec, adopted.artifact.id)
        return earlier or self._acceptance.accept(tx, actor, found, spec, adopted, proposed)
