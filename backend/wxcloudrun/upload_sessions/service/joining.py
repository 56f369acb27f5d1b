"""What was appended to several sessions, read as one, and those sessions ended when it was used."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.events import announce
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import WriterState
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_DONE
from wxcloudrun.upload_sessions.models import SessionState
from wxcloudrun.upload_sessions.service.appends import require_latest
from wxcloudrun.upload_sessions.service.endings import cancel, forget_parts, let_go, lose
from wxcloudrun.upload_sessions.service.entry import (
    FENCE,
    SessionDoor,
    SessionPlace,
    missing_parts,
    require_open,
)
from wxcloudrun.upload_sessions.service.progress import DamagedPart, KnownPart, compared, known_parts

RENEW_SECONDS = 15


class JoiningService:
    """Reads sessions that are whole, one behind the other."""

    def __init__(self, *, door: SessionDoor, blobs: BlobStore) -> None:
        self._door = door
        self._blobs = blobs

    def blocks(self, places: Sequence[SessionPlace]) -> Iterator[bytes]:
        """Yield the bytes of all of them, compared with what was measured when they came.

        Raises Unauthorized, Forbidden, NotFound, SessionGone, SessionEnded, PartsMissing, UploadLost,
        StoreUnavailable.
        """
        for place in places:
            yield from self._blocks_of(place)

    def hold(self, tx: Transaction, session_id: int) -> None:
        """Let everybody else wait for a session that is going to be made of others, from its beginning on."""
        hold_until(tx, session_id, clock.now() + FENCE)

    @contextmanager
    def held(self, session_id: int, blocks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
        """Hold a session as long as these blocks come; at the end anybody may go on with it.

        If this process dies, others may when the fence has ended.
        """
        try:
            yield self._renewing(session_id, blocks)
        finally:
            with suppress(SQLAlchemyError):
                atomically(lambda tx: hold_until(tx, session_id, None))

    def _renewing(self, session_id: int, blocks: Iterator[bytes]) -> Iterator[bytes]:
        renewed_at = clock.monotonic()
        for block in blocks:
            if clock.monotonic() - renewed_at > RENEW_SECONDS:
                atomically(lambda tx: hold_until(tx, session_id, clock.now() + FENCE))
                renewed_at = clock.monotonic()
            yield block

    def use_up(self, tx: Transaction, places: Sequence[SessionPlace]) -> None:
        """End them, because their bytes are elsewhere now. What is not there any more has ended."""
        for place in places:
            try:
                entered = self._door.enter(tx.session, place)
            except NotFound:
                continue
            row = entered.row
            if row.state not in queries.ALIVE:
                continue
            let_go(tx, row, SessionState.DONE, clock.now())
            announce(tx, place.actor, UPLOAD_SESSION_DONE, entered.subject, after={"upload": None})
            tx.after_commit(partial(cancel, self._blobs.resume(WriterState.of_text(row.writer))))
            tx.after_commit(partial(forget_parts, row.id))

    def _blocks_of(self, place: SessionPlace) -> Iterator[bytes]:
        with reading() as session:
            row = self._door.look(session, place).row
            require_open(row)
            if not row.is_whole:
                raise missing_parts(row)
            parts = known_parts(row, queries.parts(session, row.id, 1, rules.MOST_PARTS))
        if not parts:
            return
        try:
            yield from compared(parts, self._read(WriterState.of_text(row.writer), parts))
        except (ObjectMissing, DamagedPart):
            raise lose(self._door, place, partial(require_latest, epoch=row.epoch)) from None

    def _read(self, state: WriterState, parts: Sequence[KnownPart]) -> Iterator[bytes]:
        """Read what is not sealed if the store can; sealing changes nothing of what may be asked later."""
        writer, written = self._blobs.resume(state), [part.written for part in parts]
        unsealed = writer.read(written)
        if unsealed is not None:
            return unsealed
        writer.seal(written)
        return self._blobs.read(state.key)


def hold_until(tx: Transaction, session_id: int, moment: datetime | None) -> None:
    """Let others wait for a session until then, unless it has ended or is completed by now."""
    row = queries.locked_session(tx.session, session_id)
    if row is not None and row.state == SessionState.OPEN.value:
        row.fenced_until = moment
