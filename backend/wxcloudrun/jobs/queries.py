"""Every SELECT on jobs and periodic tasks, and the one-row UPDATEs by which work is taken up.

An UPDATE that names a row by its key and says in which state it has to be is taken by exactly one of
several who try at once, on every database, and never locks two rows: nobody can be deadlocked.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, delete, func, or_, select, update
from sqlalchemy.orm import Session

from wxcloudrun.jobs.models import Job, JobState, PeriodicTask
from wxcloudrun.jobs.rules import LONGEST_DELAY_SECONDS, LONGEST_LEASE_SECONDS, parsed
from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import is_over
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.windows import windows

LONGEST_DELAY = timedelta(seconds=LONGEST_DELAY_SECONDS)
LONGEST_LEASE = timedelta(seconds=LONGEST_LEASE_SECONDS)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job as the worker got it that holds it under `fence`."""

    id: int
    kind: str
    arguments: dict[str, Any]
    attempt: int
    max_attempts: int
    fence: int


@dataclass(frozen=True, slots=True)
class JobView:
    """A job for an answer."""

    id: int
    kind: str
    arguments: dict[str, Any]
    state: str
    attempts: int
    max_attempts: int
    error: str | None
    result: dict[str, Any] | None
    created_at: datetime
    created_by: int | None
    not_before: datetime
    lease_expires_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    last_duration_seconds: float | None


@dataclass(frozen=True, slots=True)
class JobFilters:
    """Which jobs are wanted; None wants all."""

    kind: str | None = None
    state: str | None = None


def changes_one(session: Session, statement: Update) -> bool:
    """Carry out an UPDATE of one row; tell whether the row was as the statement demands."""
    unseen = {"synchronize_session": False}  # whoever needs the row reads it again
    return cast("CursorResult[Any]", session.execute(statement, execution_options=unseen)).rowcount == 1


def claim(
    session: Session, job_id: int, kinds: Collection[str], *, now: datetime, lease_until: datetime
) -> ClaimedJob | None:
    """Take a job that is due; None if it is not due, not of these kinds, or somebody else was faster."""
    statement = (
        update(Job)
        .where(Job.id == job_id, *is_due(kinds, now))
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
    job = locked(session, job_id)
    if job is None or job.fence != fence or job.state != JobState.RUNNING:
        return None
    return job


def locked(session: Session, job_id: int) -> Job | None:
    """Return a job as it is now, locked."""
    statement = select(Job).where(Job.id == job_id).with_for_update()
    return session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()


def due_ids(
    session: Session, kinds: Collection[str], now: datetime, limit: int, *, but: Collection[int] = ()
) -> Sequence[int]:
    """Return jobs of these kinds whose time has come, those first that have waited longest.

    None of users who are left out.
    """
    statement = select(Job.id).where(*is_due(kinds, now)).order_by(Job.not_before, Job.id).limit(limit)
    if but:
        statement = statement.where(or_(Job.created_by.is_(None), Job.created_by.not_in(but)))
    return session.execute(statement).scalars().all()


def busy_users(session: Session) -> Mapping[int, int]:
    """Return how many jobs of each user are being done, of those users that have any."""
    statement = (
        select(Job.created_by, func.count())
        .where(Job.state == JobState.RUNNING, Job.created_by.is_not(None))
        .group_by(Job.created_by)
    )
    return {user_id: number for user_id, number in session.execute(statement) if user_id is not None}


def owner(session: Session, job_id: int) -> int | None:
    """Return who put a job down."""
    return session.execute(select(Job.created_by).where(Job.id == job_id)).scalar_one_or_none()


def waiting_of(user_id: int | None) -> Select[int]:
    """Select the ids of the jobs that a user has put down and nobody has begun."""
    return select(Job.id).where(Job.state == JobState.QUEUED, Job.created_by == user_id)


def is_due(kinds: Collection[str], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for jobs of these kinds whose time to wait is over."""
    return Job.state == JobState.QUEUED, is_over(Job.not_before, now, LONGEST_DELAY), Job.kind.in_(kinds)


def page_of_jobs(session: Session, filters: JobFilters, page: PageRequest[int]) -> Page[JobView]:
    """Return the jobs that fit, newest first."""
    statement = select(Job).order_by(Job.id.desc())
    if filters.kind is not None:
        statement = statement.where(Job.kind == filters.kind)
    if filters.state is not None:
        statement = statement.where(Job.state == filters.state)
    if page.after is not None:
        statement = statement.where(Job.id < page.after)
    rows = session.execute(statement.limit(page.limit + 1)).scalars()
    return Page.cut([job_view(row) for row in rows], page.limit, lambda each: each.id)


def job(session: Session, job_id: int) -> JobView | None:
    """Return a job for an answer."""
    row = session.execute(select(Job).where(Job.id == job_id)).scalar_one_or_none()
    return None if row is None else job_view(row)


def job_view(row: Job) -> JobView:
    """Shape a job for an answer."""
    return JobView(
        id=row.id,
        kind=row.kind,
        arguments=parsed(row.arguments),
        state=row.state,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        error=row.error,
        result=None if row.result is None else parsed(row.result),
        created_at=row.created_at,
        created_by=row.created_by,
        not_before=row.not_before,
        lease_expires_at=row.lease_expires_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        last_duration_seconds=row.last_duration_seconds,
    )


def counts_by_state(session: Session) -> dict[str, int]:
    """Count the jobs in each state; states in which there is none are left out."""
    counts: Counter[str] = Counter()
    for window in windows(session, Job.id):
        statement = select(Job.state, func.count()).where(window).group_by(Job.state)
        for state, number in session.execute(statement):
            counts[state] += number
    return counts


def abandoned_ids(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Return running jobs whose lease is over."""
    statement = (
        select(Job.id)
        .where(Job.state == JobState.RUNNING, is_over(Job.lease_expires_at, now, LONGEST_LEASE))
        .order_by(Job.lease_expires_at)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def lock_abandoned(session: Session, job_id: int, now: datetime) -> Job | None:
    """Return a job, locked, if its lease is still over."""
    job = locked(session, job_id)
    if job is None or job.state != JobState.RUNNING or job.lease_expires_at is None:
        return None
    return job if clock.is_over(job.lease_expires_at, now, LONGEST_LEASE) else None


def forget_finished(session: Session, before: datetime, limit: int) -> int:
    """Delete some jobs that ended before then; return how many those were."""
    ended = Job.state.in_([JobState.DONE, JobState.FAILED, JobState.CANCELLED])
    old = session.execute(select(Job.id).where(ended, Job.finished_at < before).limit(limit)).scalars().all()
    session.execute(delete(Job).where(Job.id.in_(old)))
    return len(old)


# --- Periodic tasks --------------------------------------------------------------------------------


def periodic_tasks(session: Session) -> dict[str, PeriodicTask]:
    """Return every periodic task that has a row, by its name."""
    return {task.name: task for task in session.execute(select(PeriodicTask)).scalars()}


def lock_task(session: Session, name: str) -> PeriodicTask | None:
    """Return a periodic task, locked."""
    statement = select(PeriodicTask).where(PeriodicTask.name == name).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def claim_task(session: Session, task: PeriodicTask, *, now: datetime, lease_until: datetime) -> bool:
    """Take a periodic task as it was just read; False if somebody else was faster or it was changed."""
    statement = (
        update(PeriodicTask)
        .where(
            PeriodicTask.name == task.name,
            PeriodicTask.fence == task.fence,
            PeriodicTask.next_run_at == task.next_run_at,
            PeriodicTask.enabled == task.enabled,
        )
        .values(
            fence=task.fence + 1,
            lease_expires_at=lease_until,
            last_run_at=now,
            next_run_at=now + timedelta(seconds=task.interval_seconds),
        )
    )
    return changes_one(session, statement)


def renew_task(session: Session, name: str, fence: int, lease_until: datetime) -> bool:
    """Let the lease on a periodic task last longer; False if it is lost."""
    held = (
        PeriodicTask.name == name,
        PeriodicTask.fence == fence,
        PeriodicTask.lease_expires_at.is_not(None),
    )
    return changes_one(session, update(PeriodicTask).where(*held).values(lease_expires_at=lease_until))


def end_task(session: Session, name: str, fence: int, *, error: str | None, duration_seconds: float) -> bool:
    """Write down how a run ended; False if the lease was lost."""
    values: dict[str, Any] = {
        "runs": PeriodicTask.runs + 1,
        "lease_expires_at": None,
        "last_duration_seconds": duration_seconds,
    }
    if error is not None:
        values |= {"errors": PeriodicTask.errors + 1, "last_error": error}
    held = (PeriodicTask.name == name, PeriodicTask.fence == fence)
    return changes_one(session, update(PeriodicTask).where(*held).values(values))
