"""Bytes in by sending them: permission, then the stream, then the rows."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts.service.content import ContentService, Examined, Received
from wxcloudrun.kit.db import Transaction, asking, atomically
from wxcloudrun.kit.errors import AppError, ChecksumMismatch
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.storage.measuring import Measured
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.publication import Deposited, DepositSpec, Publication, empty_file
from wxcloudrun.versions.service import NamedVersion

logger = logging.getLogger(__name__)

ALGORITHMS = ("sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class Checksums:
    """What the client says it sends, in lower-case hex; checked, never trusted."""

    sha256: str | None = None
    sha1: str | None = None
    md5: str | None = None

    @property
    def given(self) -> frozenset[str]:
        """Which of the digests the client has sent."""
        return frozenset(name for name in ALGORITHMS if getattr(self, name) is not None)

    def verify(self, actual: "Measured | Checksums") -> None:
        """Raise ChecksumMismatch, which names both digests; what is not known cannot disagree."""
        for algorithm in ALGORITHMS:
            expected, received = getattr(self, algorithm), getattr(actual, algorithm)
            if None not in (expected, received) and expected != received:
                raise ChecksumMismatch(
                    f"the bytes do not have the {algorithm.upper()} that was announced",
                    algorithm=algorithm,
                    expected=expected,
                    received=received,
                )


@dataclass(frozen=True, slots=True)
class Destination:
    """Who deposits, and where."""

    actor: Actor
    project: str
    package: str


class ReceptionService:
    """Admits senders and opens a reception for each."""

    def __init__(
        self, *, packages: PackageService, content: ContentService, publication: Publication
    ) -> None:
        self._packages = packages
        self._content = content
        self._publication = publication

    def admit(self, destination: Destination, announced_bytes: int | None) -> None:
        """Return if so many bytes may be sent there; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden, TooLarge, or Invalid for an empty body.
        """
        with asking() as reader:
            self._packages.enter(
                reader, destination.actor, destination.project, destination.package, Action.ARTIFACT_WRITE
            )
        self._content.refuse_size(announced_bytes)
        if announced_bytes == 0:
            raise empty_file()

    def open(self, destination: Destination) -> "Reception":
        """Return a reception; use it as a context, at whose end nothing unpublished remains."""
        return Reception(destination, self._packages, self._content, self._publication)

    def remove_surplus(self, key: str) -> None:
        """Remove an object that turned out not to be needed; called when the answer is on its way."""
        self._content.remove_surplus(key)


class Reception:
    """One body on its way in: `take` the bytes, then `publish` them."""

    def __init__(
        self,
        destination: Destination,
        packages: PackageService,
        content: ContentService,
        publication: Publication,
    ) -> None:
        self._destination = destination
        self._packages = packages
        self._content = content
        self._publication = publication
        self._received: Received | None = None
        self._committing = False
        self.surplus_key: str | None = None  # set by `publish`: an object that nothing needs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or self._received is None:
            return
        if isinstance(error, SQLAlchemyError) or (self._committing and not isinstance(error, AppError)):
            # The commit may have happened although we were not told: the sweeper judges, we do not. Nor
            # is a database that has just failed asked again while the caller waits.
            event = "commit_outcome_unknown" if self._committing else "object_left_to_sweeper"
            logger.warning(event, extra={"key": self._received.key})
            return
        self._content.discard(self._received.key)

    def take(self, blocks: Iterable[bytes], checksums: Checksums, size_bytes: int | None = None) -> None:
        """Stream the bytes into the store and measure them; `size_bytes` of them, if that is certain.

        Raises TooLarge, Interrupted, StoreUnavailable, ChecksumMismatch, or Invalid for an empty file.
        """
        self._received = self._content.receive(blocks, checksums.given, size_bytes)
        if self._received.measured.size_bytes == 0:
            raise empty_file()
        checksums.verify(self._received.measured)

    def publish(self, spec: DepositSpec) -> Deposited:
        """Make the bytes that were taken an artifact with a deposit, a tag and a version.

        The rights are asked again: a long upload may end after they were taken away. Raises NotFound,
        Forbidden, VersionTaken, IdempotencyKeyReused.
        """
        if self._received is None:
            raise empty_file()
        received = self._received
        proposed = self._publication.proposed_version(spec, received.key, received.measured.size_bytes)
        examined = self._content.examine(received)
        self._committing = True
        deposited, self.surplus_key = atomically(
            lambda tx: self._write(tx, spec, received, examined, proposed)
        )
        return deposited

    def _write(
        self,
        tx: Transaction,
        spec: DepositSpec,
        received: Received,
        examined: Examined,
        proposed: NamedVersion | None,
    ) -> tuple[Deposited, str | None]:
        actor = self._destination.actor
        found = self._packages.enter(
            tx.session, actor, self._destination.project, self._destination.package, Action.ARTIFACT_WRITE
        )
        # Adopted first: a retry may be the one that brings back what the store has lost.
        adopted = self._content.adopt(tx, received, examined)
        earlier = self._publication.replayed(tx.session, actor, found, spec, received.measured.sha256)
        if earlier is not None:
            return earlier, adopted.surplus_key
        deposited = self._publication.publish(tx, actor, found, spec, adopted, proposed)
        return deposited, adopted.surplus_key
