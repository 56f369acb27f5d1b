"""A job is work that is to be done once, in the background; a periodic task is done again and again.

Both rows are the truth about their work. Whoever does it holds a lease, which runs out if they die, and
a fence: a number that grows whenever the work is taken up, so that nobody who was late can commit.
"""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.jobs.rules import MAX_ARGUMENTS, MAX_ERROR, MAX_RESULT
from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base


class JobState(enum.StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # what it was for is not wanted any more


class Job(Base):
    """One piece of work. `attempts` are those that ended by themselves, and the one that is running."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "state", "not_before"),
        Index(None, "state", "lease_expires_at"),
        Index(None, "state", "finished_at"),
        Index(None, "state", "id"),
        Index(None, "kind", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(ascii_name(64))
    arguments: Mapped[str] = mapped_column(ascii_name(MAX_ARGUMENTS))  # JSON
    state: Mapped[str] = mapped_column(ascii_name(16))
    attempts: Mapped[int]
    max_attempts: Mapped[int]
    fence: Mapped[int]
    losses: Mapped[int]  # attempts whose worker died
    lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(unicode_name(MAX_ERROR))
    result: Mapped[str | None] = mapped_column(ascii_name(MAX_RESULT))  # JSON
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_duration_seconds: Mapped[float | None]


class PeriodicTask(Base):
    """What is done at an interval, whether it is, and how it went."""

    __tablename__ = "periodic_tasks"

    name: Mapped[str] = mapped_column(ascii_name(64), primary_key=True)
    interval_seconds: Mapped[int]
    enabled: Mapped[bool]
    runs: Mapped[int]
    errors: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(unicode_name(MAX_ERROR))
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_duration_seconds: Mapped[float | None]
    next_run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fence: Mapped[int]
    lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
