"""From parts to an upload: measured, sealed, accepted; and whoever asks again gets the same.

One request at a time completes a session, under a fence that it renews while it works. If it dies, another
one takes over when the fence has ended, and finds each step either done or still to do. Should two seal all
the same, because renewing has failed, that is the same as once, and the later one accepts.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, atomically, on_this_database
from wxcloudrun.kit.errors import AppError, ChecksumMismatch, Gone
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.stores.blobs.continued_hash import RunningDigests, running_digests
from wxcloudrun.stores.blobs.measuring import Measured
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import ResumableWriter, WriterState, WrittenPart
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.errors import PartsMissing
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_DONE
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.service.endings import RECEIPTS_STAY, cancel, fail, forget_parts, lost
from wxcloudrun.upload_sessions.service.entry import (
    FENCE,
    Entered,
    SessionDoor,
    SessionPlace,
    ended,
    is_fenced,
    is_over,
    missing_parts,
)
from wxcloudrun.upload_sessions.service.progress import (
    DamagedPart,
    KnownPart,
    cut_back,
    kept_digests,
    known_parts,
    restart_hash,
    take_in,
)
from wxcloudrun.uploads.service.acceptance import (
    AcceptedUpload,
    StoredBytes,
    UploadAcceptance,
    UploadSpec,
)
from wxcloudrun.versions.service.versions import NamedVersion

RENEW_SECONDS = 15


class Superseded(Exception):
    """Somebody else completes the session now."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A session that this request completes."""

    place: SessionPlace
    found: FoundPackage
    session_id: int
    fence: int
    spec: UploadSpec
    size_bytes: int
    announced: Checksums
    writer: WriterState
    parts: list[KnownPart] = field(repr=False)
    hashed_parts: int = 0
    hashes: bytes | None = field(repr=False, default=None)

    @property
    def rest(self) -> list[KnownPart]:
        """The parts that are not in the digests yet."""
        return self.parts[self.hashed_parts :]

    def verify(self, measured: Measured, said: Checksums) -> None:
        """Raise ChecksumMismatch if the file is not what was said of it, now or at the beginning."""
        self.announced.verify(measured)
        said.verify(measured)


@dataclass(frozen=True, slots=True)
class Completed:
    """A session that is done; `session_id` if this request has done it."""

    accepted: AcceptedUpload
    session_id: int | None = None

    def forget_parts(self) -> None:
        """Forget what was known of the parts, once the answer is out."""
        if self.session_id is not None:
            forget_parts(self.session_id)


class CompletionService:
    """Makes the parts of a session an upload."""

    def __init__(
        self,
        *,
        door: SessionDoor,
        blobs: BlobStore,
        digests: DigestService,
        intake: IntakeService,
        acceptance: UploadAcceptance,
    ) -> None:
        self._door = door
        self._blobs = blobs
        self._digests = digests
        self._intake = intake
        self._acceptance = acceptance

    def complete(self, place: SessionPlace, said: Checksums) -> Completed | None:
        """Accept the file; None while another request does it.

        A wrong checksum ends the session and its bytes. Any other refusal leaves them, and asking again gives
        the same answer, or goes on where it was. Raises Unauthorized, Forbidden, NotFound, PartsMissing,
        SessionGone, ChecksumMismatch, UploadLost, StoreUnavailable, and what an upload raises.
        """
        claim = atomically(lambda tx: self._claim(tx, place))
        if not isinstance(claim, Claim):
            return claim
        try:
            return self._carry_out(claim, said)
        except Superseded:
            return None
        except BaseException:
            self._release(claim)
            raise

    def _claim(self, tx: Transaction, place: SessionPlace) -> Claim | Completed | None:
        entered = self._door.enter(tx.session, place)
        row, now = entered.row, clock.now()
        if row.state == SessionState.DONE.value:
            return Completed(self._receipt(tx, place, entered))
        if row.state not in queries.ALIVE or is_over(row):
            raise ended(row)
        if is_fenced(row, now):
            return None
        if not row.is_whole:
            raise missing_parts(row)
        row.state, row.fence, row.fenced_until = SessionState.SEALING.value, row.fence + 1, now + FENCE
        running = kept_digests(row, self._digests.computed_on_arrival(()))
        return Claim(
            place=place,
            found=entered.found,
            session_id=row.id,
            fence=row.fence,
            spec=UploadSpec(row.filename, row.content_type, row.tag, row.version),
            size_bytes=row.size_bytes,
            announced=Checksums(sha256=row.sha256),
            writer=WriterState.of_text(row.writer),
            parts=known_parts(row, queries.parts(tx.session, row.id, 1, rules.MOST_PARTS)),
            hashed_parts=row.hashed_parts if running is not None else 0,
            hashes=running.kept() if running is not None else None,
        )

    def _receipt(self, tx: Transaction, place: SessionPlace, entered: Entered) -> AcceptedUpload:
        accepted = None
        if entered.row.upload_id is not None:
            accepted = self._acceptance.receipt(tx.session, place.actor, entered.found, entered.row.upload_id)
        if accepted is None:
            raise Gone(text("the upload that came of this session was deleted"))
        return accepted

    def _carry_out(self, claim: Claim, said: Checksums) -> Completed:
        writer = self._blobs.resume(claim.writer)
        try:
            measured = self._measured_and_sealed(claim, writer, said)
        except ObjectMissing:
            raise atomically(lambda tx: self._lost(tx, claim)) from None
        except ChecksumMismatch as error:
            self._fail(claim, error)
            cancel(writer)
            forget_parts(claim.session_id)
            raise
        with self._intake.open_sealed(claim.writer.key, measured) as intake:
            stored = StoredBytes(intake.key, claim.size_bytes)
            proposed = self._acceptance.proposed_version(claim.spec, stored, claim.found.name)
            accepted = intake.complete(lambda tx: self._accept(tx, claim, intake, proposed))
        return Completed(accepted, claim.session_id)

    def _measured_and_sealed(self, claim: Claim, writer: ResumableWriter, said: Checksums) -> Measured:
        """Measure before sealing if the store can read what is not sealed: then parts can be sent again."""
        written = [part.written for part in claim.parts]
        measured = self._measured_before(claim, writer)
        if measured is not None:
            claim.verify(measured, said)
            self._seal(claim, writer, written)
            return measured
        self._seal(claim, writer, written)
        start = claim.rest[0].written.offset
        try:
            measured = self._measured(claim, writer, self._blobs.read(claim.writer.key, start=start))
        except DamagedPart:
            raise ObjectMissing(claim.writer.key) from None
        claim.verify(measured, said)
        return measured

    def _seal(self, claim: Claim, writer: ResumableWriter, written: list[WrittenPart]) -> None:
        """Seal, and let nobody else begin to meanwhile: a store may have to join many small parts."""
        over = threading.Event()
        renew = on_this_database(self._fence_until)

        def go_on() -> None:
            while not over.wait(RENEW_SECONDS):
                with contextlib.suppress(SQLAlchemyError):  # the next time may be better
                    try:
                        renew(claim, clock.now() + FENCE)
                    except Superseded:
                        return

        renewing = threading.Thread(target=go_on, name="fence", daemon=True)
        renewing.start()
        try:
            writer.seal(written)
        finally:
            over.set()
            renewing.join()

    def _measured_before(self, claim: Claim, writer: ResumableWriter) -> Measured | None:
        """Return what was measured without sealing; None if that has to come first, or has come already."""
        if not claim.rest:
            return self._measured(claim, writer, ())
        try:
            unsealed = writer.read([part.written for part in claim.rest])
            return None if unsealed is None else self._measured(claim, writer, unsealed)
        except ObjectMissing:
            return None
        except DamagedPart as damaged:
            number = damaged.number
            raise atomically(lambda tx: self._reopened(tx, claim, number)) from None

    def _measured(self, claim: Claim, writer: ResumableWriter, blocks: Iterable[bytes]) -> Measured:
        wanted = self._digests.computed_on_arrival(())
        running = running_digests(wanted) if claim.hashes is None else RunningDigests.restored(claim.hashes)
        take_in(running, claim.rest, self._fenced(claim, blocks), writer)
        return running.measured(claim.size_bytes)

    def _fenced(self, claim: Claim, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass blocks on under a fence that lives as long as they come."""
        renewed_at = clock.monotonic()
        for block in blocks:
            if clock.monotonic() - renewed_at > RENEW_SECONDS:
                self._fence_until(claim, clock.now() + FENCE)
                renewed_at = clock.monotonic()
            yield block

    def _fence_until(self, claim: Claim, moment: datetime | None) -> None:
        """Let others wait until then. Raises Superseded."""

        def work(tx: Transaction) -> None:
            self._held(tx, claim).fenced_until = moment

        atomically(work)

    def _held(self, tx: Transaction, claim: Claim) -> UploadSession:
        """Return the session, locked. Raises Superseded if this request does not complete it any more."""
        row = queries.locked_session(tx.session, claim.session_id)
        if row is None or (row.state, row.fence) != (SessionState.SEALING.value, claim.fence):
            raise Superseded
        return row

    def _accept(
        self, tx: Transaction, claim: Claim, intake: Intake, proposed: NamedVersion | None
    ) -> AcceptedUpload:
        entered = self._door.enter(tx.session, claim.place)
        row = self._held(tx, claim)
        adopted = intake.adopt(tx)
        accepted = self._acceptance.accept(tx, entered.actor, entered.found, claim.spec, adopted, proposed)
        row.upload_id = accepted.upload.id
        row.end(SessionState.DONE, clock.now() + RECEIPTS_STAY)
        after = {"upload": accepted.upload.id}
        announce(tx, entered.actor, UPLOAD_SESSION_DONE, entered.subject, after=after)
        return accepted

    def _fail(self, claim: Claim, error: ChecksumMismatch) -> None:
        def work(tx: Transaction) -> None:
            fail(tx, self._entered(tx, claim), error)

        atomically(work)

    def _entered(self, tx: Transaction, claim: Claim) -> Entered:
        return Entered(claim.found, self._held(tx, claim), claim.place.actor)

    def _lost(self, tx: Transaction, claim: Claim) -> AppError:
        """Let the session have failed, unless another request completes it: that one may have the bytes."""
        return lost(tx, self._entered(tx, claim))

    def _reopened(self, tx: Transaction, claim: Claim, number: int) -> PartsMissing:
        """Let a part be sent again that the store has lost; return the refusal that says so."""
        row = self._held(tx, claim)
        if row.is_appended:
            cut_back(tx.session, row, number)
        else:
            row.received = rules.with_part(row.received, number, is_there=False)
        row.state, row.fenced_until = SessionState.OPEN.value, None
        restart_hash(row)
        return missing_parts(row)

    def _release(self, claim: Claim) -> None:
        """Let the next request go on at once. If the database fails, the fence ends by itself."""
        with contextlib.suppress(Superseded, SQLAlchemyError):
            self._fence_until(claim, None)
