"""Counts in the database, for installations without Redis: one row for each running window."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, case, delete, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base, Transaction, atomically
from wxcloudrun.kit.limits.port import Counter, Tally

FORGET_EVERY_SECONDS = 600.0


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
        self._forgotten_at = clock.monotonic()
        over = delete(RateCounter).where(RateCounter.ends_at <= now)
        atomically(lambda tx: tx.session.execute(over))


def add_hit(session: Session, counter: Counter, now: datetime) -> Tally:
    """Add one hit with one statement that no other transaction can come between."""
    session.execute(upsert(session.get_bind().dialect.name, counter, now))
    row = session.execute(
        select(RateCounter.hits, RateCounter.ends_at).where(RateCounter.key == counter.key)
    ).one()
    return Tally(row.hits, max(math.ceil((row.ends_at - now).total_seconds()), 1))


def upsert(dialect: str, counter: Counter, now: datetime) -> Any:
    """Insert a window with one hit, add a hit to the running one, or begin a new one in its place."""
    ends_at = now + timedelta(seconds=counter.seconds)
    row = {"key": counter.key, "hits": 1, "ends_at": ends_at}
    is_over = RateCounter.ends_at <= now
    # MySQL assigns one column after the other: `hits` has to look at `ends_at` before that is changed.
    changes: list[tuple[str, Any]] = [
        ("hits", case((is_over, 1), else_=RateCounter.hits + 1)),
        ("ends_at", case((is_over, ends_at), else_=RateCounter.ends_at)),
    ]
    if dialect == "mysql":
        return mysql.insert(RateCounter).values(row).on_duplicate_key_update(changes)
    return (
        sqlite.insert(RateCounter)
        .values(row)
        .on_conflict_do_update(index_elements=["key"], set_=dict(changes))
    )
