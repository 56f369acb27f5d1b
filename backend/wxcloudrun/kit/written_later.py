"""What requests have noticed and nobody waits for: remembered at once, written down behind an answer."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.metrics import counter

RETRY_SECONDS = 1.0
MOST_REMEMBERED = 10_000
PUT_OFF = counter(
    "registry_key_uses_put_off",
    "Times that last uses and newer hashes of credentials could not be written down; they are tried again.",
)


class WrittenLater[K, V]:
    """Facts that the database does not know of yet; of each thing the first.

    They are of one process, and lost with it. A database that is locked, full or read-only keeps nobody
    waiting for them: they stay remembered, and a later request tries again.
    """

    def __init__(self, write: Callable[[Session, Mapping[K, V]], None]) -> None:
        self._write = write
        self._remembered: dict[K, V] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._not_before = 0.0

    def remember(self, thing: K, fact: V) -> None:
        """Remember a fact, unless there are too many."""
        with self._lock:
            if len(self._remembered) < MOST_REMEMBERED:
                self._remembered.setdefault(thing, fact)

    @property
    def are_to_be_written(self) -> bool:
        """True if there is something to write down and it is worth trying."""
        return bool(self._remembered) and clock.monotonic() >= self._not_before

    def write_down(self) -> None:
        """Write down what is remembered, if the database has time for it now; wait for nobody."""
        if not self._writing.acquire(blocking=False):
            return
        try:
            self._write_all(dict(self._remembered))
        except SQLAlchemyError:
            self._not_before = clock.monotonic() + RETRY_SECONDS
            PUT_OFF.inc()
        finally:
            self._writing.release()

    def _write_all(self, facts: Mapping[K, V]) -> None:
        with transaction(wait_seconds=0) as tx:
            self._write(tx.session, facts)
        with self._lock:
            for thing in facts:
                self._remembered.pop(thing, None)


def lock_free[K](session: Session, key: InstrumentedAttribute[K], wanted: Collection[K]) -> Sequence[K]:
    """Lock those of the rows that nobody else holds, and return their keys: nobody waits for a note."""
    free = select(key).where(key.in_(wanted)).order_by(key).with_for_update(skip_locked=True)
    return session.execute(free).scalars().all()


def note_moments[K](
    session: Session,
    key: InstrumentedAttribute[K],
    last: InstrumentedAttribute[datetime | None],
    moments: Mapping[K, datetime],
    *,
    every: timedelta,
) -> None:
    """Write the moments of rows into the column `last`, unless about that time is noted; skip held ones."""
    for each in lock_free(session, key, moments):
        moment = moments[each]
        is_other = or_(last.is_(None), ~last.between(moment - every, moment + every))
        session.execute(update(key.class_).where(key == each, is_other).values({last: moment}))
