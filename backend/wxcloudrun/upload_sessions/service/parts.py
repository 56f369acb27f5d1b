"""Taking one part: whoever begins to send it last is the one who counts."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Reader, Transaction, asking, atomically
from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.continued_hash import RunningDigests
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import Fence, Preempted, WriterState, WrittenPart, preempted
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.queries import FIRST_EPOCH, AnySession, PartedSession
from wxcloudrun.upload_sessions.service.endings import lose, overtaken, prolong
from wxcloudrun.upload_sessions.service.entry import SessionDoor, SessionPlace, require_open
from wxcloudrun.upload_sessions.service.progress import Progress, kept_digests, leaves_some, restart_hash
from wxcloudrun.upload_sessions.service.turns import PartTurn, WaitingTurns

type Said = Callable[[], Checksums]
"""What the sender says of the part; asked when its bytes have ended."""


@dataclass(frozen=True, slots=True)
class IncomingPart:
    """A part as a request brings it; `announced_bytes` is its length if that is known beforehand.

    `digests` names what `said` may speak of beside the SHA-256.
    """

    number: int
    blocks: Iterable[bytes]
    said: Said
    announced_bytes: int | None = None
    digests: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class PartTaken:
    """A part that is there. With `leaves_some_to_hash` some that are there can be hashed now."""

    number: int
    size_bytes: int
    sha256: str
    missing: int
    session_id: int
    writer: WriterState
    leaves_some_to_hash: bool


class PartService:
    """Takes parts."""

    def __init__(
        self,
        *,
        door: SessionDoor,
        blobs: BlobStore,
        digests: DigestService,
        progress: Progress,
        idle: timedelta,
    ) -> None:
        self._door = door
        self._blobs = blobs
        self._digests = digests
        self._progress = progress
        self._idle = idle
        self._waiting = WaitingTurns()

    def take(self, place: SessionPlace, part: IncomingPart) -> PartTaken:
        """Store a part; when this returns, it is durable.

        A part that is there with the same SHA-256 is not written again; with other bytes it is replaced.
        Raises Unauthorized, Forbidden, NotFound, SessionGone, SessionEnded, Preempted, Invalid,
        ChecksumMismatch, StoreUnavailable, UploadLost, or whatever the blocks raise.
        """
        turn = self._waited(place, part) or atomically(lambda tx: self._begin(tx, place, part))
        meter = PartMeter(turn, part.digests)
        blocks = meter.pass_through(part.blocks)
        written = None
        if turn.known_sha256 is None:
            written = self._written(place, turn, blocks)
        for _ in blocks:  # what is there already is only measured
            pass
        meter.verify(part.said())
        return atomically(lambda tx: self._record(tx, place, turn, meter, written))

    def _waited(self, place: SessionPlace, part: IncomingPart) -> PartTurn | None:
        """Return the turn that waits for this request, unless it was overtaken while it waited.

        Not every store can tell that before all bytes have come, and the request has come last.
        """
        turn = self._waiting.take(place, part.number)
        if turn is None or part.announced_bytes not in (None, turn.size_bytes):
            return None
        with asking() as reader:
            latest = queries.known_epoch(reader, turn.session_id, turn.number)
        return turn if latest is not None and latest.epoch == turn.epoch else None

    def _written(self, place: SessionPlace, turn: PartTurn, blocks: Iterator[bytes]) -> WrittenPart:
        try:
            return self._blobs.resume(turn.writer).put(turn.offset, blocks, Fence(turn.number, turn.epoch))
        except ObjectMissing:
            raise lose(self._door, place, partial(require_latest, turn=turn)) from None
        except Preempted as error:
            raise overtaken(self._door, place, error) from None

    def hash_what_follows(self, taken: PartTaken) -> None:
        """Take some parts behind a gap into the digests; for the time when the answer has gone out."""
        if taken.leaves_some_to_hash:
            self._progress.catch_up(taken.session_id, taken.writer)

    def _begin(self, tx: Transaction, place: SessionPlace, part: IncomingPart) -> PartTurn:
        reader = tx.connection
        row = self._door.enter_with_part(reader, place)
        require_open(row)
        if not 1 <= part.number <= row.parts:
            raise Invalid.field("number", text("this upload has the parts 1 to {last}", last=row.parts))
        size_bytes = row.size_of(part.number)
        if part.announced_bytes not in (None, size_bytes):
            raise wrong_size(part.number, size_bytes)
        known = queries.known_epoch(reader, row.id, part.number)
        said = part.said().sha256 if part.announced_bytes is not None else None
        if known is not None and said == known.sha256 and rules.has(row.received, part.number):
            return PartTurn.of(row, part.number, known.epoch, known_sha256=known.sha256)
        if known is None:
            epoch = FIRST_EPOCH
            queries.begin_part(reader, row.id, part.number)
        else:
            epoch = known.epoch + 1
            queries.begin_part_again(reader, row.id, part.number, epoch)
        row.received = rules.with_part(row.received, part.number, is_there=False)
        queries.save(reader, row)
        return PartTurn.of(row, part.number, epoch, running=self._next_digests(row, part.number))

    def _next_digests(self, row: PartedSession, number: int) -> RunningDigests | None:
        if number != row.hashed_parts + 1:
            return None
        return kept_digests(row, self._digests.computed_on_arrival(()))

    def _record(
        self,
        tx: Transaction,
        place: SessionPlace,
        turn: PartTurn,
        meter: "PartMeter",
        written: WrittenPart | None,
    ) -> PartTaken:
        row = self._door.enter_behind_part(tx.connection, place)
        require_open(row)
        if written is not None:
            self._count(tx, place, row, turn, meter, written)
        else:
            refuse_if_replaced(tx.connection, row, turn)
        prolong(tx, row, self._idle, clock.now())
        queries.save(tx.connection, row)
        return PartTaken(
            number=turn.number,
            size_bytes=turn.size_bytes,
            sha256=meter.sha256,
            missing=row.parts - rules.count(row.received),
            session_id=row.id,
            writer=turn.writer,
            leaves_some_to_hash=leaves_some(row),
        )

    def _count(
        self,
        tx: Transaction,
        place: SessionPlace,
        row: PartedSession,
        turn: PartTurn,
        meter: "PartMeter",
        written: WrittenPart,
    ) -> None:
        """Let the part be there, unless somebody has begun to send it later."""
        if turn.number <= row.hashed_parts:
            before = queries.known_epoch(tx.connection, row.id, turn.number)
            if before is None or before.sha256 != meter.sha256:
                restart_hash(row)
        if not queries.record_part(
            tx.connection, row.id, turn.number, epoch=turn.epoch, sha256=meter.sha256, receipt=written.receipt
        ):
            raise preempted()
        row.received = rules.with_part(row.received, turn.number, is_there=True)
        going_on = turn.goes_on_in(row)
        if going_on is not None:
            self._progress.keep(row, turn.number, going_on)
        self._give_next(tx, place, row, turn.number, going_on)

    def _give_next(
        self,
        tx: Transaction,
        place: SessionPlace,
        row: PartedSession,
        last: int,
        going_on: RunningDigests | None,
    ) -> None:
        """Begin a part that nobody has sent yet, for the request that comes next.

        Behind this one if that is free: it comes over this connection. With several connections it is one of
        theirs, and the first that none of them has begun is next.
        """
        number = last + 1
        if number > row.parts or queries.known_epoch(tx.connection, row.id, number) is not None:
            number = queries.last_part_number(tx.connection, row.id) + 1
        if number > row.parts:
            return
        queries.begin_part(tx.connection, row.id, number)
        running = going_on if number == last + 1 else self._next_digests(row, number)
        following = PartTurn.of(row, number, FIRST_EPOCH, running=running)
        tx.after_commit(lambda: self._waiting.keep(place, following))


class PartMeter:
    """Measures the bytes of a part as they pass, and stops what is too long."""

    def __init__(self, turn: PartTurn, digests: Collection[str]) -> None:
        self._turn = turn
        self._size_bytes = 0
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in {"sha256", *digests}}

    @property
    def sha256(self) -> str:
        """The digest of what has passed."""
        return self._hashes["sha256"].hexdigest()

    def pass_through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the blocks. Raises Invalid if they are too long or too short.

        A block is hashed when it has been taken, for then the disk is already at it.
        """
        for block in blocks:
            self._size_bytes += len(block)
            if self._size_bytes > self._turn.size_bytes:
                raise wrong_size(self._turn.number, self._turn.size_bytes)
            yield block
            self._hash(block)
        if self._size_bytes != self._turn.size_bytes:
            raise wrong_size(self._turn.number, self._turn.size_bytes)

    def _hash(self, block: bytes) -> None:
        for each in self._hashes.values():
            each.update(block)
        if self._turn.running is not None:
            self._turn.running.update(block)

    def verify(self, said: Checksums) -> None:
        """Raise ChecksumMismatch if the bytes are not what the sender says."""
        said.verify(Checksums(**{name: each.hexdigest() for name, each in self._hashes.items()}))


def refuse_if_replaced(reader: Reader, row: PartedSession, turn: PartTurn) -> None:
    """Raise Preempted if a part that was there has been sent anew since."""
    require_latest(reader, row, turn)
    if not rules.has(row.received, turn.number):
        raise preempted()


def require_latest(reader: Reader, row: AnySession, turn: PartTurn) -> None:
    """Raise Preempted if somebody has begun to send the part since."""
    known = queries.known_epoch(reader, row.id, turn.number)
    if known is None or known.epoch != turn.epoch:
        raise preempted()


def wrong_size(number: int, size_bytes: int) -> Invalid:
    """Refuse a part that is not as long as it has to be."""
    return Invalid.field(
        "size", text("part {number} has {size} bytes, no more and no less", number=number, size=size_bytes)
    )
