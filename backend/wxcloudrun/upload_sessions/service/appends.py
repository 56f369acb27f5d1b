"""Taking bytes in order, however many come at a time: whoever begins to append last is the one who counts.

A body is recorded piece by piece, each durable before its row is. So a connection that breaks, or a process
that dies, costs what came since the last piece, and whoever goes on asks where. A body of which its sender
names a checksum is recorded as a whole or not at all.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Interrupted, Invalid, TooLarge
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.continued_hash import RunningDigests
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import (
    Fence,
    Preempted,
    ResumableWriter,
    WriterState,
    WrittenPart,
    preempted,
)
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.errors import OffsetMismatch
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession
from wxcloudrun.upload_sessions.service.endings import lose, overtaken, prolong
from wxcloudrun.upload_sessions.service.entry import SessionDoor, SessionPlace, require_open
from wxcloudrun.upload_sessions.service.progress import Progress, kept_digests
from wxcloudrun.uploads.service.acceptance import empty_file

PIECE_BYTES = 16 * rules.MIB  # at most that is lost with a process; whole pieces of what the store takes
PIECE_SECONDS = 5  # and of a slow sender no more than came in this time
LANE = 0  # there is one end to append to


@dataclass(frozen=True, slots=True)
class IncomingBytes:
    """What a request appends; `length_bytes` is what the whole has, where that is told only now.

    With checksums in `said` all of it counts or nothing.
    """

    offset: int
    blocks: Iterable[bytes]
    announced_bytes: int | None = None
    said: Checksums = NOTHING_SAID
    length_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """How far a session has come."""

    offset: int
    is_whole: bool
    expires_at: datetime


@dataclass(slots=True)
class AppendTurn:
    """What a request may write, and how far it has come."""

    session_id: int
    epoch: int
    number: int  # of the next part
    offset: int
    most_bytes: int  # where the whole ends, or may end
    writer: WriterState
    running: RunningDigests | None
    pending: list[tuple[WrittenPart, str]] = field(default_factory=list)  # written, and not recorded yet

    def took(self, written: WrittenPart, sha256: str) -> None:
        """Note a part that is durable."""
        self.pending.append((written, sha256))
        self.offset += written.size_bytes

    def recorded(self) -> None:
        """Go on behind what was recorded."""
        self.number += len(self.pending)
        self.pending.clear()


class AppendService:
    """Appends to sessions that were begun for it."""

    def __init__(
        self,
        *,
        door: SessionDoor,
        blobs: BlobStore,
        digests: DigestService,
        intake: IntakeService,
        progress: Progress,
        idle: timedelta,
    ) -> None:
        self._door = door
        self._blobs = blobs
        self._digests = digests
        self._intake = intake
        self._progress = progress
        self._idle = idle

    def append(self, place: SessionPlace, incoming: IncomingBytes) -> Appended:
        """Store what comes; when this returns, it is durable.

        Of a body that breaks off, what has come stays, unless its sender named a checksum. Raises
        Unauthorized, Forbidden, NotFound, SessionGone, SessionEnded, OffsetMismatch, Preempted, Invalid,
        TooLarge, ChecksumMismatch, Interrupted, StoreUnavailable, UploadLost, or whatever the blocks raise.
        """
        turn = atomically(lambda tx: self._begin(tx, place, incoming))
        body = Pieces(incoming.blocks, turn, incoming.said)
        writer = self._blobs.resume(turn.writer)
        try:
            self._write(place, turn, body, writer)
        except ObjectMissing:
            raise lose(self._door, place, partial(require_latest, epoch=turn.epoch)) from None
        except Preempted as error:
            raise overtaken(self._door, place, error) from None
        if body.broken is not None and incoming.said.given:
            raise body.broken
        body.verify()
        appended = atomically(lambda tx: self._record(tx, place, turn))
        if body.broken is not None:
            raise body.broken
        return appended

    def _write(self, place: SessionPlace, turn: AppendTurn, body: "Pieces", writer: ResumableWriter) -> None:
        while body.has_more():
            written = writer.put(turn.offset, body.next_piece(), Fence(LANE, turn.epoch))
            turn.took(written, body.piece_sha256)
            if not body.said.given and not body.has_ended:
                atomically(lambda tx: self._record(tx, place, turn))
                turn.recorded()

    def _begin(self, tx: Transaction, place: SessionPlace, incoming: IncomingBytes) -> AppendTurn:
        row = self._door.enter(tx.session, place).row
        require_open(row)
        if incoming.offset != row.offset_bytes:
            raise wrong_offset(row)
        self._settle_length(row, incoming.length_bytes)
        if incoming.announced_bytes is not None:
            refuse_too_much(row.offset_bytes + incoming.announced_bytes, row.size_bytes)
        row.epoch += 1
        return AppendTurn(
            session_id=row.id,
            epoch=row.epoch,
            number=queries.last_part_number(tx.session, row.id) + 1,
            offset=row.offset_bytes,
            most_bytes=row.size_bytes,
            writer=WriterState.of_text(row.writer),
            running=kept_digests(row, self._digests.computed_on_arrival(())),
        )

    def _settle_length(self, row: UploadSession, length_bytes: int | None) -> None:
        if length_bytes is None or (row.has_length and row.size_bytes == length_bytes):
            return
        if row.has_length:
            raise Invalid.field("length", text("the length is known already and does not change"))
        if length_bytes == 0:
            raise empty_file()
        self._intake.refuse_size(length_bytes)
        if length_bytes < row.offset_bytes:
            raise Invalid.field("length", text("more bytes than that have come already"))
        row.size_bytes, row.has_length = length_bytes, True

    def _record(self, tx: Transaction, place: SessionPlace, turn: AppendTurn) -> Appended:
        row = self._door.enter(tx.session, place).row
        require_open(row)
        require_latest(tx.session, row, turn.epoch)
        number = turn.number
        for number, (written, sha256) in enumerate(turn.pending, turn.number):
            tx.session.add(part_of(row, number, turn.epoch, written, sha256))
            row.offset_bytes += written.size_bytes
        if turn.pending and turn.running is not None and row.hashed_parts == turn.number - 1:
            self._progress.keep(row, number, turn.running)
        prolong(tx, row, self._idle, clock.now())
        return Appended(row.offset_bytes, row.is_whole, row.expires_at)


class Pieces:
    """Cuts a body in pieces, measures them, and notes where it breaks off."""

    def __init__(self, blocks: Iterable[bytes], turn: AppendTurn, said: Checksums) -> None:
        self.said = said
        self.broken: Interrupted | None = None
        self.has_ended = False
        self._turn = turn
        self._source = iter(blocks)
        self._rest = b""
        self._position = turn.offset
        self._of_all = {name: hashlib.new(name, usedforsecurity=False) for name in said.given}
        self._of_piece = hashlib.sha256()

    @property
    def piece_sha256(self) -> str:
        """The SHA-256 of the piece that has been taken last."""
        return self._of_piece.hexdigest()

    def has_more(self) -> bool:
        """Wait for the next bytes, and tell whether there are any. Raises TooLarge for too many."""
        while not self._rest and not self.has_ended:
            try:
                self._rest = next(self._source)
            except StopIteration:
                self.has_ended = True
            except Interrupted as broken:
                self.broken, self.has_ended = broken, True
        refuse_too_much(self._position + len(self._rest), self._turn.most_bytes)
        return bool(self._rest)

    def next_piece(self) -> Iterator[bytes]:
        """Yield the blocks of one piece."""
        self._of_piece = hashlib.sha256()
        end = next_cut(self._position, self._turn.writer.part_bytes)
        until = clock.monotonic() + PIECE_SECONDS
        while self._position < end and clock.monotonic() < until and self.has_more():
            block, self._rest = self._rest[: end - self._position], self._rest[end - self._position :]
            self._position += len(block)
            self._measure(block)
            yield block

    def verify(self) -> None:
        """Raise ChecksumMismatch if the whole body is not what its sender says."""
        self.said.verify(Checksums(**{name: each.hexdigest() for name, each in self._of_all.items()}))

    def _measure(self, block: bytes) -> None:
        for each in (self._of_piece, *self._of_all.values()):
            each.update(block)
        if self._turn.running is not None:
            self._turn.running.update(block)


def next_cut(position: int, cell_bytes: int) -> int:
    """Return where a piece ends that begins there: at the end of a cell of the store."""
    piece = cell_bytes * -(-PIECE_BYTES // cell_bytes)
    return (position // piece + 1) * piece


def part_of(row: UploadSession, number: int, epoch: int, written: WrittenPart, sha256: str) -> SessionPart:
    """Return the row of what was appended at once. Raises TooLarge if there are too many."""
    if number > rules.MOST_PARTS:
        limit = rules.MOST_PARTS
        raise TooLarge(
            text("an upload may come in {limit} pieces at most; send larger ones", limit=limit), limit=limit
        )
    return SessionPart(
        session_id=row.id,
        number=number,
        epoch=epoch,
        offset_bytes=written.offset,
        size_bytes=written.size_bytes,
        sha256=sha256,
        receipt=written.receipt,
    )


def require_latest(_: Session, row: UploadSession, epoch: int) -> None:
    """Raise Preempted if somebody has begun to append since."""
    if row.epoch != epoch:
        raise preempted()


def refuse_too_much(end: int, most_bytes: int) -> None:
    """Raise TooLarge for bytes behind the end of the whole."""
    if end > most_bytes:
        raise TooLarge(text("this upload has {limit} bytes at most", limit=most_bytes), limit=most_bytes)


def wrong_offset(row: UploadSession) -> OffsetMismatch:
    """Say where the bytes have to go on."""
    return OffsetMismatch(
        text("the upload goes on at byte {offset}", offset=row.offset_bytes), offset=row.offset_bytes
    )
