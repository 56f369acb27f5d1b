"""How bytes come to be an artifact, and the one owner of what happens to their object when.

Every way in (a raw body, a form, a source of a release, an upload by checksum) uses this. No database
transaction is open while bytes flow. What becomes of the object is decided here alone:

- refused before the commit began, or by the database itself: it is removed at once, with its lease;
- the store has failed: its lease ends and the sweeper removes what there may be;
- committed: it stays, or goes in the background, by that commit, if it turned out not to be needed;
- anything else, such as a connection lost during the commit: nobody knows, so nothing is touched. The
  sweeper judges when the lease has ended.
"""

import enum
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from types import TracebackType
from typing import BinaryIO, Self

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import Artifact, ExtraDigests, HeldArtifact
from wxcloudrun.artifacts.service.deletions import put_down
from wxcloudrun.artifacts.service.digests import BytesInPackage, DigestService
from wxcloudrun.artifacts.service.hashing import Throttle, measure
from wxcloudrun.artifacts.service.leases import LeasedKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.db import Transaction, asking, atomically, insertion, was_rolled_back
from wxcloudrun.kit.errors import TooLarge
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.measuring import Measured, Measurement
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing, StoreUnavailable
from wxcloudrun.stores.blobs.seekable import lost, open_seekable

logger = logging.getLogger(__name__)


class CommitOutcome(enum.Enum):
    """What is known of the transaction that gives an object its owner."""

    NOT_COMMITTED = enum.auto()
    UNKNOWN = enum.auto()  # the database was told to commit and has not answered
    COMMITTED = enum.auto()


class Unproved(Exception):
    """A row would begin to point at an object that the store was not asked about."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the store said about the object that already holds these bytes, if a row names one."""

    existing_key: str | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Adopted:
    """The artifact that the bytes became, or were already.

    `beside` is, of bytes that are new, the digest of others: looking at the references to these takes as long
    as it takes for bytes that others have.
    """

    artifact: HeldArtifact
    own: ExtraDigests = field(default_factory=ExtraDigests)  # measured now, whatever else is known
    beside: str | None = None


class IntakeService:
    """Opens an intake for each content that comes in; stores each content once."""

    def __init__(
        self, *, blobs: BlobStore, digests: DigestService, max_upload_bytes: int, link_seconds: int
    ) -> None:
        self._blobs = blobs
        self._digests = digests
        self._max_upload_bytes = max_upload_bytes
        self._link_seconds = link_seconds

    def refuse_size(self, size_bytes: int | None) -> None:
        """Raise TooLarge if so many bytes, announced or come already, are too many."""
        if size_bytes is not None and size_bytes > self._max_upload_bytes:
            raise TooLarge(
                text("an upload may have {limit} bytes at most", limit=self._max_upload_bytes),
                limit=self._max_upload_bytes,
            )

    def admit(self, announced_bytes: int | None) -> None:
        """Raise TooLarge or StoreFull as soon as it is known, before any byte has come."""
        self.refuse_size(announced_bytes)
        self._blobs.require_room(announced_bytes or 0)

    def open(self) -> "Intake":
        """Return an intake; use it as a context."""
        return Intake(self, self._blobs, self._digests, link_seconds=self._link_seconds)

    def open_sealed(self, key: str, measured: Measured) -> "Intake":
        """Return an intake of an object that has come in several requests, under a lease, and was measured.

        It belongs to whoever has collected it until a transaction commits: a refusal leaves it where it is.
        """
        intake = Intake(self, self._blobs, self._digests, link_seconds=self._link_seconds)
        intake.take_over(LeasedKey(key), measured)
        return intake

    @property
    def most_bytes(self) -> int:
        """How many bytes an upload may have."""
        return self._max_upload_bytes

    def is_whole(self, artifact: HeldArtifact, checksums: Checksums, told: ExtraDigests) -> bool:
        """Tell whether the object of an artifact is there with its size, for an upload without bytes.

        Raises ChecksumMismatch, StoreUnavailable. A checksum that was not told yet is computed now.
        """
        known = Checksums(sha256=artifact.id, sha1=told.sha1, md5=told.md5)
        checksums.verify(known)
        if self._blobs.size_of(artifact.object_key) != artifact.size_bytes:
            return False
        if unknown := checksums.given - known.given:
            checksums.verify(measure(self._blobs, artifact.object_key, Throttle(None), extra=unknown))
        return True

    def adopt_held(self, tx: Transaction, artifact: HeldArtifact) -> Adopted:
        """Let an upload refer to an artifact that is there, in the transaction that has read its row."""
        if artifact.unreferenced_since is not None:
            queries.change_artifact(tx.connection, artifact.id, unreferenced_since=None)
        return Adopted(artifact)

    def tell_project(self, tx: Transaction, project_id: int, package_id: int, adopted: Adopted) -> None:
        """Decide what a package shows of bytes that came into it without a caller."""
        told = queries.told_in_project(tx.session, project_id, adopted.artifact.id)
        self._digests.tell(tx, told, BytesInPackage(adopted.artifact.id, package_id), adopted.own)


class Intake:
    """One content on its way in: `take` its bytes, then `complete` a transaction that adopts them.

    It is a context, at whose end nothing remains of bytes that were not committed. After a commit, and
    after one whose outcome nobody knows, the end does nothing to them.
    """

    def __init__(
        self, service: IntakeService, blobs: BlobStore, digests: DigestService, *, link_seconds: int
    ) -> None:
        self._service = service
        self._blobs = blobs
        self._digests = digests
        self._link_seconds = link_seconds
        self._lease: LeasedKey | None = None
        self._measured: Measured | None = None
        self._examined = Examined(existing_key=None, is_whole=False)
        self._beside: str | None = None
        self._is_proved = False  # the store has said that the new object is there, with its size
        self._outcome = CommitOutcome.NOT_COMMITTED
        self._is_taken_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lease is None or self._is_taken_over or self._outcome is CommitOutcome.COMMITTED:
            return
        if was_rolled_back(error):
            self._remove_object(self._lease)  # at once, for it may be a full disk that has said no
        elif self._outcome is CommitOutcome.UNKNOWN:
            logger.warning("commit_outcome_unknown", extra={"key": self.key})
        elif isinstance(error, SQLAlchemyError):
            # A database that has just failed is not asked to end the lease, which ends by itself.
            logger.warning("object_left_to_sweeper", extra={"key": self.key})
        elif isinstance(error, StoreUnavailable):
            self._leave_object(self._lease)  # a store that has just failed is not asked again
        else:
            self._remove_object(self._lease)

    @property
    def key(self) -> str:
        """Under which key the object lies, once its bytes are being taken."""
        return self._held_lease().key

    @property
    def measured(self) -> Measured:
        """What was measured, once the bytes have been taken."""
        if self._measured is None:
            raise nothing_taken()
        return self._measured

    def reopened(self) -> BinaryIO:
        """Return what was taken as a file, to read what it says of itself. Raises as `open_seekable` does."""
        return open_seekable(self._blobs, self.key, self.measured.size_bytes)

    def take(
        self,
        blocks: Iterable[bytes],
        checksums: Checksums = NOTHING_SAID,
        size_bytes: int | None = None,
    ) -> Measured:
        """Stream the bytes into the store and measure them.

        `checksums` are what the sender says of the bytes; `size_bytes` is what they add up to, if that is
        certain beforehand. Raises TooLarge, StoreUnavailable, ChecksumMismatch, or whatever `blocks` raises.
        """
        self._lease = LeasedKey.opened()
        meter = Measurement(self._digests.computed_on_arrival(checksums.given))
        passing = meter.pass_through(self._passing(meter, blocks, self._lease))
        stored_md5 = self._blobs.write(self.key, passing, size_bytes)
        measured = meter.result()
        self._compare(measured, stored_md5)
        checksums.verify(measured)
        self._measured = measured
        return measured

    def take_over(self, lease: LeasedKey, measured: Measured) -> None:
        """Go on with an object that is in the store already, as whoever has put it there has measured it."""
        self._lease, self._measured, self._is_taken_over = lease, measured, True

    def complete[T](self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the transaction that gives the bytes their owner, and return what it returns.

        `work` calls `adopt` (or `renounce`) with the transaction, and may be run again if it loses a race.
        Raises what `work` raises, StoreUnavailable, Unavailable if the upload took too long.
        """
        self._examine()
        try:
            return self._complete_once(work)
        except Unproved:
            self._prove()
            return self._complete_once(work)

    def adopt(self, tx: Transaction) -> Adopted:
        """Make the bytes an artifact, or find the one that they are; ends the lease.

        A row whose object is gone or has the wrong size is healed: it gets the new object. An object that is
        not needed goes in the background: never before the answer or behind it, where its time would tell
        that the bytes were there.
        """
        self._held_lease().end(tx)
        measured = self.measured
        own = ExtraDigests(measured.md5, measured.sha1)
        artifact = queries.artifact(tx.connection, measured.sha256)
        if artifact is None:
            return Adopted(self._insert(tx, measured), own, self._beside or measured.sha256)
        if None in (artifact.md5, artifact.sha1):
            artifact = self._digests.fill(tx, artifact, measured)
        if artifact.object_key == self._examined.existing_key and not self._examined.is_whole:
            self._heal(tx, artifact)
        else:
            put_down(tx, self.key)
        return replace(self._service.adopt_held(tx, artifact), own=own)

    def renounce(self, tx: Transaction) -> None:
        """Let the bytes belong to nobody after all, with the transaction; ends the lease."""
        self._held_lease().end(tx)
        put_down(tx, self.key)

    def _passing(self, meter: Measurement, blocks: Iterable[bytes], lease: LeasedKey) -> Iterator[bytes]:
        """Pass blocks on, up to the limit and under a lease that lives as long as they come."""
        for block in blocks:
            self._service.refuse_size(meter.size_bytes + len(block))
            lease.keep()
            yield block

    def _compare(self, measured: Measured, stored_md5: str | None) -> None:
        """Raise StoreUnavailable if the store has other bytes than it was sent.

        What it says is a hint only, for an S3 server is free to say something else than an MD5: one that
        does not agree has its object read again.
        """
        if None in (measured.md5, stored_md5) or measured.md5 == stored_md5:
            return
        facts = {"key": self.key, "md5": measured.md5, "stored": stored_md5}
        logger.warning("object_read_again", extra=facts)
        if self._stored_sha256() != measured.sha256:
            raise StoreUnavailable(text("the blob store has not kept what it was sent; send it again"))

    def _stored_sha256(self) -> str | None:
        """Read the new object again; None if the store has not kept it at all."""
        stored = hashlib.sha256()
        try:
            for block in self._blobs.read(self.key):
                stored.update(block)
        except ObjectMissing:
            return None
        return stored.hexdigest()

    def _examine(self) -> None:
        """Ask the store for the object that holds these bytes, or for the new one if none does.

        The time that it takes must not tell whether they exist: it is one question either way, and the look
        at an object that is not asked for costs what it would cost.
        """
        measured = self.measured
        with asking() as reader:
            beside = queries.object_beside(reader, measured.sha256)
        self._beside, key = beside or (None, self.key)
        is_known = self._beside == measured.sha256
        self._blobs.pass_by(self.key if is_known else key)
        if is_known:
            self._examined = Examined(key, self._blobs.size_of(key) == measured.size_bytes)
        if not self._examined.is_whole:
            self._prove()

    def _prove(self) -> None:
        """Raise StoreUnavailable unless the new object is there with its size."""
        if self._blobs.size_of(self.key) != self.measured.size_bytes:
            raise lost()
        self._is_proved = True

    def _complete_once[T](self, work: Callable[[Transaction], T]) -> T:
        def attempt(tx: Transaction) -> T:
            self._outcome = CommitOutcome.NOT_COMMITTED  # what the attempt before did was rolled back
            result = work(tx)
            self._outcome = CommitOutcome.UNKNOWN
            return result

        result = atomically(attempt)
        self._outcome = CommitOutcome.COMMITTED
        return result

    def _insert(self, tx: Transaction, measured: Measured) -> HeldArtifact:
        key = self._proved_key()
        made = HeldArtifact(measured.sha256, measured.size_bytes, measured.md5, measured.sha1, key)
        tx.connection.execute(insertion(Artifact), {**asdict(made), "created_at": clock.now()})
        return made

    def _heal(self, tx: Transaction, artifact: HeldArtifact) -> None:
        """Point the row at good bytes; what is left of the old object goes when no link can need it."""
        damaged_key = artifact.object_key
        queries.change_artifact(tx.connection, artifact.id, object_key=self._proved_key())
        put_down(tx, damaged_key, after_seconds=self._link_seconds)
        self._digests.follow(tx, artifact)  # an earlier job has failed on the damaged object
        facts = {"artifact_id": artifact.id, "damaged_key": damaged_key, "key": self.key}
        tx.after_commit(lambda: logger.warning("artifact_healed", extra=facts))

    def _proved_key(self) -> str:
        """Return the key for a row to point at. Raises Unproved if the store was not asked about it."""
        if not self._is_proved:
            raise Unproved
        return self.key

    def _leave_object(self, lease: LeasedKey) -> None:
        """Leave what there may be of the object to the next sweep."""
        logger.warning("object_left_to_sweeper", extra={"key": lease.key})
        lease.release(must_go=True)

    def _remove_object(self, lease: LeasedKey) -> None:
        """Remove an object that no row has ever named, and its lease."""
        try:
            self._blobs.delete(lease.key)
        except StoreUnavailable:
            self._leave_object(lease)
        else:
            lease.release(must_go=False)

    def _held_lease(self) -> LeasedKey:
        if self._lease is None:
            raise nothing_taken()
        return self._lease


def nothing_taken() -> ValueError:
    """Say that an intake was used in the wrong order, which is a mistake of ours."""
    return ValueError("no bytes have been taken yet")
