"""What was appended to several sessions, read as one, and those sessions ended when it was used."""

from collections.abc import Iterator, Sequence
from functools import partial

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, reading
from wxcloudrun.kit.events import announce
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import WriterState
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_DONE
from wxcloudrun.upload_sessions.models import SessionState
from wxcloudrun.upload_sessions.service.appends import require_latest
from wxcloudrun.upload_sessions.service.endings import cancel, let_go, lose
from wxcloudrun.upload_sessions.service.entry import SessionDoor, SessionPlace, missing_parts, require_open
from wxcloudrun.upload_sessions.service.progress import DamagedPart, KnownPart, compared, known_parts


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

    def use_up(self, tx: Transaction, places: Sequence[SessionPlace]) -> None:
        """End them, because their bytes are elsewhere now."""
        for place in places:
            entered = self._door.enter(tx.session, place)
            row = entered.row
            if row.state not in queries.ALIVE:
                continue
            let_go(tx, row, SessionState.DONE, clock.now())
            announce(tx, place.actor, UPLOAD_SESSION_DONE, entered.subject, after={"upload": None})
            tx.after_commit(partial(cancel, self._blobs.resume(WriterState.of_text(row.writer))))

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
