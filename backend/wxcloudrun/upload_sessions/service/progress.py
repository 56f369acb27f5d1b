"""How far the digests of a session have come.

Parts that come in order go into the digests as they pass, and the state is kept with the part, so it never
speaks of bytes that are not durable. Parts behind a gap are read again when the gap has closed, if the store
can read what is unfinished. What is read again is compared with the digest of its part: bytes that a power
cut has taken are noticed, and their part is missing again.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.stores.blobs.continued_hash import PlainDigests, RunningDigests, maker
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import ResumableWriter, WriterState, WrittenPart
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.models import SessionPart, SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import AnySession, ListedPart, PartedSession

logger = logging.getLogger(__name__)

LEAST_BYTES_AT_ONCE = 8 * rules.MIB  # that are worth two transactions, or else the last ones,
MOST_PARTS_AT_ONCE = 16  # that one request reads again,
MOST_BYTES_AT_ONCE = 64 * rules.MIB  # if more than one part of them has no more than that


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A part that is there, apart from its row."""

    number: int
    epoch: int  # two that have the same bytes may have had others between them
    sha256: str
    written: WrittenPart


class DamagedPart(Exception):
    """The store does not have the bytes of a part that were sent."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Progress:
    """Takes parts into the digests that nobody has taken yet."""

    def __init__(self, *, blobs: BlobStore, digests: DigestService) -> None:
        self._blobs = blobs
        self._digests = digests

    def keep(self, row: AnySession, parts: int, running: RunningDigests) -> None:
        """Write down that so many parts are in the digests; only what can be continued is kept."""
        if maker() is not None:
            row.hashed_parts, row.hash_state, row.hash_maker = parts, running.kept(), maker()

    def catch_up(self, session_id: int, state: WriterState) -> None:
        """Read some of the parts that can be taken now, and keep the digests.

        The next part that comes goes on behind them, and completing reads what is left then. So what a
        request makes the service read stays in proportion to what it has sent, also for somebody who sends
        the first part anew each time. Nothing is read while another request, of any process, reads for the
        same session, or where the store cannot. Raises StoreUnavailable.
        """
        if maker() is None:
            return
        writer = self._blobs.resume(state)
        with writer.alone() as is_alone:
            if is_alone:
                self._catch_up(session_id, writer)

    def _catch_up(self, session_id: int, writer: ResumableWriter) -> None:
        with reading() as session:
            row = session.get(UploadSession, session_id)
            if row is None or row.state != SessionState.OPEN.value:
                return
            last = min(rules.leading(row.received, row.parts), row.hashed_parts + most_parts(row))
            parts = known_parts(row, queries.parts(session, row.id, row.hashed_parts + 1, last))
        running = kept_digests(row, self._digests.computed_on_arrival(()))
        if not parts or running is None:
            return
        try:
            take_in(running, parts, writer.read([each.written for each in parts]) or (), writer)
        except (DamagedPart, ObjectMissing):
            # Such a part is being sent again, or completing finds it damaged; the object has been sealed or
            # given up by another request meanwhile, or the next part finds it lost.
            return
        atomically(lambda tx: self._keep_behind(tx, row, parts, running))

    def _keep_behind(
        self, tx: Transaction, seen: UploadSession, read: list[KnownPart], running: RunningDigests
    ) -> None:
        first, last = read[0].number, read[-1].number
        row = queries.locked_session(tx.session, seen.id)
        if row is None or (row.hashed_parts, row.hash_state) != (seen.hashed_parts, seen.hash_state):
            return
        if row.state != SessionState.OPEN.value or rules.leading(row.received, row.parts) < last:
            return
        # A part above `hashed_parts` can be replaced without a trace in the kept state.
        if known_parts(row, queries.parts(tx.session, row.id, first, last)) != read:
            return
        self.keep(row, last, running)


def leaves_some(row: PartedSession) -> bool:
    """Tell whether it is worth while now to read parts that are not in the digests."""
    there = rules.leading(row.received, row.parts)
    waiting = there - row.hashed_parts
    return waiting > 0 and (there == row.parts or waiting * row.part_bytes >= LEAST_BYTES_AT_ONCE)


def most_parts(row: UploadSession) -> int:
    """Return how many parts of a session one request may have read again."""
    return min(MOST_PARTS_AT_ONCE, max(1, MOST_BYTES_AT_ONCE // row.part_bytes))


def kept_digests(row: AnySession, wanted: Collection[str]) -> RunningDigests | None:
    """Return the digests of the first `hashed_parts` parts; None if they cannot be continued here and now."""
    if maker() is None:
        return None
    if row.hashed_parts == 0:
        return RunningDigests.fresh(wanted)
    if row.hash_state is None or row.hash_maker != maker():
        return None
    return RunningDigests.restored(row.hash_state)


def restart_hash(row: AnySession) -> None:
    """Forget the digests: bytes that are in them have been replaced."""
    row.hashed_parts, row.hash_state, row.hash_maker = 0, None, None


def known_parts(row: UploadSession, parts: Sequence[ListedPart]) -> list[KnownPart]:
    """Return parts that are there, with where they lie."""
    return [
        KnownPart(
            part.number,
            part.epoch,
            part.sha256 or "",
            WrittenPart(*place_of(row, part), part.receipt or ""),
        )
        for part in parts
    ]


def place_of(row: UploadSession, part: SessionPart | ListedPart) -> tuple[int, int]:
    """Return where a part begins, and how long it is."""
    if part.offset_bytes is not None and part.size_bytes is not None:
        return part.offset_bytes, part.size_bytes
    return row.offset_of(part.number), row.size_of(part.number)


def cut_back(session: Session, row: UploadSession, number: int) -> None:
    """Let a part and those behind it be appended again."""
    damaged = queries.part(session, row.id, number)
    if damaged is not None:
        row.offset_bytes, _ = place_of(row, damaged)
        queries.forget_parts_from(session, row.id, number)


def take_in(
    running: RunningDigests | PlainDigests,
    parts: Sequence[KnownPart],
    blocks: Iterable[bytes],
    writer: ResumableWriter,
) -> None:
    """Take parts in as they are read, each compared unless its writer is sure of it.

    Raises DamagedPart, and what reading raises.
    """
    with running.taking() as take:
        for block in compared(parts, blocks, writer.is_sure_of):
            take(block)


def compared(
    parts: Sequence[KnownPart],
    blocks: Iterable[bytes],
    is_sure_of: Callable[[WrittenPart], bool] = lambda _: False,
) -> Iterator[bytes]:
    """Pass blocks on as they are read, each part compared. Raises DamagedPart behind its last block."""
    for part, its_blocks in divided(parts, blocks):
        if is_sure_of(part.written):
            yield from its_blocks
            continue
        measured = hashlib.sha256()
        for block in its_blocks:
            measured.update(block)
            yield block
        if measured.hexdigest() != part.sha256:
            logger.warning("part_damaged", extra={"number": part.number})
            raise DamagedPart(part.number)


def divided(
    parts: Sequence[KnownPart], blocks: Iterable[bytes]
) -> Iterator[tuple[KnownPart, Iterator[bytes]]]:
    """Cut blocks where the parts are; each part's blocks have to be taken before the next part."""
    source, rest = iter(blocks), b""

    def of(part: KnownPart) -> Iterator[bytes]:
        nonlocal rest
        left = part.written.size_bytes
        while left and (block := rest or next(source, b"")):
            piece, rest = block[:left], block[left:]
            left -= len(piece)
            yield piece

    for part in parts:
        yield part, of(part)
