"""Counts in the database, for installations without Redis: one row for each running window."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, case, delete, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import UtcDateTime, ascii_name, is_over
from wxcloudrun.kit.db import Base, Transaction, atomically
from wxcloudrun.stores.limits.port import SECONDS, Counter, Tally

FORGET_EVERY_SECONDS = 600.0
LONGEST_WINDOW = timedelta(seconds=max(SECONDS.values()))
FORGOTTEN_AT_ONCE = 1000  # somebody waits for this; where there is more, the next one goes on


class RateCounter(Base):
    """One window of one counter; meaningless once `ends_at` has passed."""

    __tablename__ = "rate_counters"
    __table_args__ = (Index(None, "ends_at"),)

    key: Mapped[str] = mapped_column(ascii_name(80), primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SqlCounters:
    """Counts that every process sees which uses this database."""

    def __init__(self) -> None:
        self._forgotten_at = clock.monotonic()

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        """Add one hit to each counter, in a transaction of its own."""
        now = clock.now()
        # In one order for everybody, so that two who hit the same rows cannot lock each other out.
        in_order = sorted(counters, key=lambda counter: counter.key)

        def work(tx: Transaction) -> dict[str, Tally]:
            return {counter.key: add_hit(tx.session, counter, now) for counter in in_order}

        found = atomically(work)
        self._forget_now_and_then(now)
        return [found[counter.key] for counter in counters]

    def take_back(self, counters: Sequence[Counter]) -> None:
        """Undo one hit of each, in a transaction of its own."""
        now = clock.now()
        keys = [counter.key for counter in counters]
        running = (RateCounter.key.in_(keys), RateCounter.hits > 0, RateCounter.ends_at > now)
        less = update(RateCounter).where(*running).values(hits=RateCounter.hits - 1)
        atomically(lambda tx: tx.session.execute(less))

    def _forget_now_and_then(self, now: datetime) -> None:
        if clock.monotonic() - self._forgotten_at < FORGET_EVERY_SECONDS:
            return
        if atomically(lambda tx: forget_some(tx.session, now)) < FORGOTTEN_AT_ONCE:
            self._forgotten_at = clock.monotonic()


def forget_some(session: Session, now: datetime) -> int:
    """Delete windows that have ended, some of them; return how many."""
    over = is_over(RateCounter.ends_at, now, LONGEST_WINDOW)
    keys = session.execute(select(RateCounter.key).where(over).limit(FORGOTTEN_AT_ONCE)).scalars().all()
    session.execute(delete(RateCounter).where(RateCounter.key.in_(keys), over))
    return len(keys)


def add_hit(session: Session, counter: Counter, now: datetime) -> Tally:
    """Add one hit with one statement that no other transaction can come between."""
    session.execute(upsert(session.get_bind().dialect.name, counter, now))
    row = session.execute(
        select(RateCounter.hits, RateCounter.ends_at).where(RateCounter.key == counter.key)
    ).one()
    return Tally(row.hits, max(math.ceil((row.ends_at - now).total_seconds()), 1))


def upsert(dialect: str, counter: Counter, now: datetime) -> Any:
    """Insert a window with one hit, add a hit to the running one, or begin a new one in its place.

    A running one that would last longer than a window ends one window from now and keeps its hits: a clock
    that was wrong shuts nobody out for longer, and lets nobody try more often. One of a server that is
    ahead as clocks may differ stays as it is: cut short here it might be over there, with all its hits.
    """
    window = timedelta(seconds=counter.seconds)
    ends_at = now + window
    row = {"key": counter.key, "hits": 1, "ends_at": ends_at}
    has_ended = RateCounter.ends_at <= now
    is_new_end = is_over(RateCounter.ends_at, now, window)
    # MySQL assigns one column after the other: `hits` has to look at `ends_at` before that is changed.
    changes: list[tuple[str, Any]] = [
        ("hits", case((has_ended, 1), else_=RateCounter.hits + 1)),
        ("ends_at", case((is_new_end, ends_at), else_=RateCounter.ends_at)),
    ]
    if dialect == "mysql":
        return mysql.insert(RateCounter).values(row).on_duplicate_key_update(changes)
    return (
        sqlite.insert(RateCounter)
        .values(row)
        .on_conflict_do_update(index_elements=["key"], set_=dict(changes))
    )
