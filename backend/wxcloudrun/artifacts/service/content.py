"""How bytes come to be an artifact: lease, stream, examine, adopt.

No database transaction is open while bytes flow. Whatever dies half-way leaves an object that neither
a row nor, after a while, a lease names; that is what the sweeper looks for.
"""

import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import Artifact, PendingDeletion
from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, asking, insert_at_once, transaction
from wxcloudrun.kit.errors import TooLarge, Unavailable
from wxcloudrun.kit.storage.measuring import Measured, Measurement
from wxcloudrun.kit.storage.port import BlobStore, StoreUnavailable

logger = logging.getLogger(__name__)

LEASE_SECONDS = 3600
RENEW_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that lie in the store under a leased key and belong to nobody yet."""

    key: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Examined:
    """What the store said about the object that already holds these bytes, if a row names one."""

    existing_key: str | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Adopted:
    """The artifact that the bytes became, and the object that is not needed after all."""

    artifact: Artifact
    is_new: bool
    surplus_key: str | None


class ContentService:
    """Receives bytes and turns them into artifacts; stores each content once."""

    def __init__(
        self, *, blobs: BlobStore, digests: DigestService, max_upload_bytes: int, link_seconds: int
    ) -> None:
        self._blobs = blobs
        self._digests = digests
        self._max_upload_bytes = max_upload_bytes
        self._link_seconds = link_seconds

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload that is taken."""
        return self._max_upload_bytes

    def refuse_size(self, announced_bytes: int | None) -> None:
        """Raise TooLarge as soon as it is known, before any byte is stored."""
        if announced_bytes is not None and announced_bytes > self._max_upload_bytes:
            raise self._too_large()

    def receive(
        self, blocks: Iterable[bytes], announced: Collection[str] = (), size_bytes: int | None = None
    ) -> Received:
        """Store a stream under a fresh leased key, measuring it on the way.

        `announced` names the digests that the client has sent: they are computed whatever the settings say.
        `size_bytes` is what the blocks will add up to, if that is certain beforehand.
        Raises TooLarge, StoreUnavailable, or whatever `blocks` raises; then nothing remains.
        """
        key = self._open_lease()
        measurement = Measurement(self._digests.computed_on_arrival(announced))
        try:
            limited = self._limited(self._renewing(key, blocks))
            stored_md5 = self._blobs.write(key, measurement.pass_through(limited), size_bytes)
            self._compare(key, measurement.result(), stored_md5)
        except StoreUnavailable:
            self._give_up(key)  # a store that has just failed is not asked again while the caller waits
            raise
        except BaseException:
            self.discard(key)
            raise
        return Received(key, measurement.result())

    def _compare(self, key: str, measured: Measured, stored_md5: str | None) -> None:
        """Raise StoreUnavailable if the store has other bytes than it was sent.

        What it says is a hint only, for an S3 server is free to say something else than an MD5: one that
        does not agree has its object read again.
        """
        if None in (measured.md5, stored_md5) or measured.md5 == stored_md5:
            return
        logger.warning("object_read_again", extra={"key": key, "md5": measured.md5, "stored": stored_md5})
        stored = hashlib.sha256()
        for block in self._blobs.read(key):
            stored.update(block)
        if stored.hexdigest() != measured.sha256:
            raise StoreUnavailable("the blob store has not kept what it was sent; send it again")

    def examine(self, received: Received) -> Examined:
        """Ask the store for the object that holds these bytes, or for the new one if none does.

        It is one question either way, so that the time it takes does not tell whether they exist.
        """
        with asking() as reader:
            existing_key = queries.object_key(reader, received.measured.sha256)
        size_bytes = self._blobs.size_of(existing_key or received.key)
        is_whole = size_bytes == received.measured.size_bytes
        if existing_key is None and not is_whole:
            raise StoreUnavailable("the blob store lost the object; send it again")
        return Examined(existing_key, is_whole)

    def adopt(self, tx: Transaction, received: Received, examined: Examined) -> Adopted:
        """Make the received bytes an artifact, or find the one they are; ends the lease.

        A row whose object is gone or has the wrong size is healed: it gets the received object.
        """
        self.end_lease(tx, received.key)
        measured = received.measured
        artifact = queries.artifact(tx.session, measured.sha256)
        if artifact is None:
            artifact = Artifact(
                id=measured.sha256,
                size_bytes=measured.size_bytes,
                md5=measured.md5,
                sha1=measured.sha1,
                object_key=received.key,
                created_at=clock.now(),
            )
            insert_at_once(tx, artifact)
            self._digests.follow(tx, artifact)
            return Adopted(artifact, is_new=True, surplus_key=None)
        if None in (artifact.md5, artifact.sha1):
            self._digests.fill(tx, artifact, measured)
        artifact.unreferenced_since = None
        if artifact.object_key == examined.existing_key and not examined.is_whole:
            self._heal(tx, artifact, received.key)
            return Adopted(artifact, is_new=False, surplus_key=None)
        return Adopted(artifact, is_new=False, surplus_key=received.key)

    def end_lease(self, tx: Transaction, key: str) -> None:
        """End a lease with the transaction. Raises Unavailable if the sweeper has already taken it."""
        if not queries.end_lease(tx.session, key):
            raise Unavailable("the upload took too long and was given up; send it again")

    def discard(self, key: str) -> None:
        """Remove an object that no row has ever named, and its lease. What fails is left to the sweeper."""
        try:
            self._blobs.delete(key)
        except StoreUnavailable:
            self._give_up(key)
        else:
            self._release(key, must_go=False)

    def _give_up(self, key: str) -> None:
        """Leave what there may be of an object to the next sweep."""
        logger.warning("object_left_to_sweeper", extra={"key": key})
        self._release(key, must_go=True)

    def _release(self, key: str, *, must_go: bool) -> None:
        """End a lease of an upload that failed; if the database fails too, the lease ends by itself."""
        try:
            with transaction() as tx:
                if queries.end_lease(tx.session, key) and must_go:
                    now = clock.now()
                    tx.session.add(PendingDeletion(object_key=key, created_at=now, not_before=now))
        except SQLAlchemyError as error:
            logger.warning("lease_left_to_sweeper", extra={"key": key, "cause": type(error).__name__})

    def remove_surplus(self, key: str) -> None:
        """Remove the object that lost a race; its lease has ended with the transaction."""
        try:
            self._blobs.delete(key)
        except StoreUnavailable as error:
            logger.warning("object_left_to_sweeper", extra={"key": key, "cause": type(error).__name__})

    def _open_lease(self) -> str:
        key, now = ids.new_id(), clock.now()
        with transaction() as tx:
            expires_at = now + timedelta(seconds=LEASE_SECONDS)
            queries.open_lease(tx.session, key, now=now, expires_at=expires_at)
        return key

    def _renewing(self, key: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass blocks on and keep the lease alive for as long as they come."""
        renewed_at = clock.monotonic()
        for block in blocks:
            if clock.monotonic() - renewed_at > RENEW_SECONDS:
                self._renew_lease(key)
                renewed_at = clock.monotonic()
            yield block

    def _renew_lease(self, key: str) -> None:
        with transaction() as tx:
            lease = queries.lease(tx.session, key)
            if lease is None:
                raise Unavailable("the upload took too long and was given up; send it again")
            lease.expires_at = clock.now() + timedelta(seconds=LEASE_SECONDS)

    def _limited(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass blocks on up to the limit."""
        passed = 0
        for block in blocks:
            passed += len(block)
            if passed > self._max_upload_bytes:
                raise self._too_large()
            yield block

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"an upload may have {self._max_upload_bytes} bytes at most", limit=self._max_upload_bytes
        )

    def _heal(self, tx: Transaction, artifact: Artifact, key: str) -> None:
        """Point the row at good bytes; what is left of the old object goes when no link can need it."""
        now = clock.now()
        damaged_key = artifact.object_key
        not_before = now + timedelta(seconds=self._link_seconds)
        tx.session.add(PendingDeletion(object_key=damaged_key, created_at=now, not_before=not_before))
        artifact.object_key = key
        tx.session.flush()
        self._digests.follow(tx, artifact)  # an earlier job has failed on the damaged object
        facts = {"artifact_id": artifact.id, "damaged_key": damaged_key, "key": key}
        tx.after_commit(lambda: logger.warning("artifact_healed", extra=facts))
