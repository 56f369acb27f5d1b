"""Bytes in by sending them: permission, then the stream, then the rows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Reader, Transaction, asking
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.publication import (
    Deposited,
    DepositSpec,
    Publication,
    empty_file,
    refuse_path,
)
from wxcloudrun.versions.service.versions import NamedVersion


@dataclass(frozen=True, slots=True)
class Destination:
    """Who deposits, and where."""

    actor: Actor
    project: str
    package: str


class ReceptionService:
    """Admits senders and opens a reception for each."""

    def __init__(self, *, packages: PackageService, intake: IntakeService, publication: Publication) -> None:
        self._packages = packages
        self._intake = intake
        self._publication = publication

    def admit(self, destination: Destination, announced_bytes: int | None) -> None:
        """Return if so many bytes may be sent there; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden, TooLarge, StoreFull, or Invalid for an empty body.
        """
        with asking() as reader:
            self._enter(reader, destination)
        self._intake.admit(announced_bytes)
        if announced_bytes == 0:
            raise empty_file()

    def admit_name(self, destination: Destination, spec: DepositSpec) -> None:
        """Return if a file may be called so there, before its bytes are read. Raises Invalid for a path."""
        if "/" in spec.filename:
            with asking() as reader:
                refuse_path(self._enter(reader, destination), spec)

    @contextmanager
    def open(self, destination: Destination) -> Iterator["Reception"]:
        """Open a reception, at whose end nothing unpublished remains."""
        with self._intake.open() as intake:
            yield Reception(destination, self._packages, intake, self._publication)

    def _enter(self, reader: Reader, destination: Destination) -> FoundPackage:
        return self._packages.enter(
            reader, destination.actor, destination.project, destination.package, Action.ARTIFACT_WRITE
        )


class Reception:
    """One body on its way in: `take` the bytes, then `publish` them."""

    def __init__(
        self, destination: Destination, packages: PackageService, intake: Intake, publication: Publication
    ) -> None:
        self._destination = destination
        self._packages = packages
        self._intake = intake
        self._publication = publication

    def take(self, blocks: Iterable[bytes], checksums: Checksums, size_bytes: int | None = None) -> None:
        """Stream the bytes into the store and measure them; `size_bytes` of them, if that is certain.

        Raises TooLarge, Interrupted, StoreUnavailable, ChecksumMismatch, or Invalid for an empty file.
        """
        if self._intake.take(blocks, checksums, size_bytes).size_bytes == 0:
            raise empty_file()

    def publish(self, spec: DepositSpec) -> Deposited:
        """Make the bytes that were taken an artifact with a deposit, a tag and a version.

        The rights are asked again: a long upload may end after they were taken away. Raises NotFound,
        Forbidden, VersionTaken, IdempotencyKeyReused.
        """
        proposed = self._publication.proposed_version(
            spec, self._intake.key, self._intake.measured.size_bytes
        )
        return self._intake.complete(lambda tx: self._write(tx, spec, proposed))

    def remove_surplus(self) -> None:
        """Remove an object that turned out not to be needed; called when the answer is on its way."""
        self._intake.remove_surplus()

    def _write(self, tx: Transaction, spec: DepositSpec, proposed: NamedVersion | None) -> Deposited:
        actor = self._destination.actor
        found = self._packages.enter(
            tx.session, actor, self._destination.project, self._destination.package, Action.ARTIFACT_WRITE
        )
        # Adopted first: a retry may be the one that brings back what the store has lost.
        adopted = self._intake.adopt(tx)
        earlier = self._publication.replayed(tx.session, actor, found, spec, adopted.artifact.id)
        return earlier or self._publication.publish(tx, actor, found, spec, adopted, proposed)
