"""Every SELECT on jobs and periodic tasks, and the one-row UPDATEs by which work is taken up.

An UPDATE that names a row by its key and says in which state it has to be is taken by exactly one of
several who try at once, on every database, and never locks two rows: nobody can be deadlocked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Update, select, update
from sqlalchemy.orm import Session

from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.jobs.rules import parsed


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job as the worker got it that holds it under `fence`."""

    id: int
    kind: str
    arguments: dict[str, Any]
    attempt: int
    max_attempts: int
    fence: int


def changes_one(session: Session, statement: Update) -> bool:
    """Carry out an UPDATE of one row; tell whether the row was as the statement demands."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def claim(
    session: Session, job_id: int, kinds: Collection[str], *, now: datetime, lease_until: datetime
) -> ClaimedJob | None:
    """Take a job that is due; None if it is not due, not of these kinds, or somebody else was faster."""
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.QUEUED, Job.not_before <= now, Job.kind.in_(kinds))
        .values(
            state=JobState.RUNNING,
            fence=Job.fence + 1,
            attempts=Job.attempts + 1,
            lease_expires_at=lease_until,
            started_at=now,
        )
    )
    if not changes_one(session, statement):
        return None
    job = session.execute(select(Job).where(Job.id == job_id)).scalar_one()
    return ClaimedJob(
        id=job.id,
        kind=job.kind,
        arguments=parsed(job.arguments),
        attempt=job.attempts,
        max_attempts=job.max_attempts,
        fence=job.fence,
    )


def renew(session: Session, job_id: int, fence: int, lease_until: datetime) -> bool:
    """Let a lease last longer; False if the job is held by nobody or by somebody else."""
    held = (Job.id == job_id, Job.fence == fence, Job.state == JobState.RUNNING)
    return changes_one(session, update(Job).where(*held).values(lease_expires_at=lease_until))


def is_held(session: Session, job_id: int, fence: int) -> bool:
    """Tell whether the worker that got the job under this fence still has it."""
    held = (Job.id == job_id, Job.fence == fence, Job.state == JobState.RUNNING)
    return session.execute(select(Job.id).where(*held)).first() is not None


def lock_held(session: Session, job_id: int, fence: int) -> Job | None:
    """Return the job, locked, if the worker that got it under this fence still has it."""
    statement = (
        select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    )
    job = session.execute(statement).scalar_one_or_none()
    if job is None or job.fence != fence or job.state != JobState.RUNNING:
        return None
    return job


def due_ids(session: Session, kinds: Collection[str], now: datetime, limit: int) -> Sequence[int]:
    """Return jobs of these kinds whose time has come, those first that have waited longest."""
    statement = (
        select(Job.id)
        .where(Job.state == JobState.QUEUED, Job.not_before <= now, Job.kind.in_(kinds))
        .order_by(Job.not_before, Job.id)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()
