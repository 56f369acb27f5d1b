"""When each API key was last used: remembered at once, written down when nobody waits for it."""

import threading
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.keys import queries
from wxcloudrun.kit import clock, metrics
from wxcloudrun.kit.db import transaction

NOTED_EVERY = timedelta(minutes=1)
RETRY_SECONDS = 1.0
MOST_REMEMBERED = 10_000


class KeyUses:
    """The uses that the database does not know of yet.

    They are of one process, and lost with it. A database that is locked, full or read-only keeps nobody
    waiting for them: they stay remembered, and a later request tries again.
    """

    def __init__(self) -> None:
        self._remembered: dict[int, datetime] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._not_before = 0.0

    def note(self, key_id: int, last_used_at: datetime | None) -> None:
        """Remember that a key is being used, unless the database knows of a use within a minute."""
        now = clock.now()
        if last_used_at is not None and abs(now - last_used_at) <= NOTED_EVERY:
            return
        with self._lock:
            if len(self._remembered) < MOST_REMEMBERED:
                self._remembered.setdefault(key_id, now)

    @property
    def are_to_be_written(self) -> bool:
        """True if there is something to write down and it is worth trying."""
        return bool(self._remembered) and clock.monotonic() >= self._not_before

    def write_down(self) -> None:
        """Write down what is remembered, if the database has time for it now; wait for nobody."""
        if not self._writing.acquire(blocking=False):
            return
        try:
            self._write(dict(self._remembered))
        except SQLAlchemyError:
            self._not_before = clock.monotonic() + RETRY_SECONDS
            metrics.KEY_USES_PUT_OFF.inc()
        finally:
            self._writing.release()

    def _write(self, uses: dict[int, datetime]) -> None:
        with transaction(wait_seconds=0) as tx:
            queries.note_uses_of_keys(tx.session, uses, every=NOTED_EVERY)
        with self._lock:
            for key_id in uses:
                self._remembered.pop(key_id, None)
