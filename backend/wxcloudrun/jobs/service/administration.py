"""What administrators do with the background work: look at jobs, look at periodic tasks, change those."""

from dataclasses import dataclass
from datetime import timedelta

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.events import TASK_CHANGED
from wxcloudrun.jobs.models import PeriodicTask
from wxcloudrun.jobs.queries import JobFilters, JobView
from wxcloudrun.jobs.service.periodic import TaskKind, TaskKinds, new_row
from wxcloudrun.jobs.service.statistics import TaskStats, task_stats, untried
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What shall be different about a periodic task; None stays as it is."""

    enabled: bool | None = None
    interval_seconds: int | None = None


class JobAdministrationService:
    """Shows jobs and periodic tasks to administrators, and lets them change the tasks."""

    def __init__(self, *, tasks: TaskKinds) -> None:
        self._tasks = tasks

    def page(self, actor: Actor, filters: JobFilters, page: PageRequest[int]) -> Page[JobView]:
        """List the jobs that fit, newest first. Raises Forbidden."""
        actor.require_administrator()
        with reading() as session:
            return queries.page_of_jobs(session, filters, page)

    def job(self, actor: Actor, job_id: int) -> JobView:
        """Return one job. Raises Forbidden or NotFound."""
        actor.require_administrator()
        with reading() as session:
            found = queries.job(session, job_id)
        if found is None:
            raise NotFound(text("there is no such job"))
        return found

    def tasks(self, actor: Actor, page: PageRequest[str]) -> Page[TaskStats]:
        """List the periodic tasks by name. Raises Forbidden."""
        actor.require_administrator()
        names = sorted(name for name in self._tasks if page.after is None or name > page.after)
        with reading() as session:
            rows = queries.periodic_tasks(session)
        found = [self._stats(name, rows.get(name)) for name in names]
        return Page.cut(found, page.limit, lambda each: each.name)

    def task(self, actor: Actor, name: str) -> TaskStats:
        """Return one periodic task. Raises Forbidden or NotFound."""
        actor.require_administrator()
        if name not in self._tasks:
            raise no_such_task()
        with reading() as session:
            return self._stats(name, queries.periodic_tasks(session).get(name))

    def change_task(self, actor: Actor, name: str, change: TaskChange) -> TaskStats:
        """Switch a task on or off, or give it another interval; every worker knows at its next look.

        With a shorter interval it is done that much earlier. Raises Forbidden, NotFound, and Conflict for a
        task that has to be done.
        """
        actor.require_administrator()
        if name not in self._tasks:
            raise no_such_task()
        refuse_less(self._tasks[name], change)
        return atomically(lambda tx: self._change(tx, actor, name, change))

    def _change(self, tx: Transaction, actor: Actor, name: str, change: TaskChange) -> TaskStats:
        task = queries.lock_task(tx.session, name) or new_row(name, self._tasks[name], clock.now())
        before = settings_of(task)
        if change.enabled is not None:
            task.enabled = change.enabled
        if change.interval_seconds is not None:
            task.interval_seconds = change.interval_seconds
            soonest = clock.now() + timedelta(seconds=change.interval_seconds)
            task.next_run_at = min(task.next_run_at, soonest)
        tx.session.add(task)
        if settings_of(task) != before:
            announce(tx, actor, TASK_CHANGED, Subject(f"task/{name}"), before=before, after=settings_of(task))
        tx.session.flush()
        return task_stats(task)

    def _stats(self, name: str, row: PeriodicTask | None) -> TaskStats:
        return task_stats(row) if row is not None else untried(name, self._tasks[name])


def settings_of(task: PeriodicTask) -> dict[str, int | bool]:
    """Return what can be changed about a task."""
    return {"enabled": task.enabled, "interval_seconds": task.interval_seconds}


def refuse_less(kind: TaskKind, change: TaskChange) -> None:
    """Raise Conflict if a task that has to be done would be done less often, or never."""
    is_slower = (change.interval_seconds or 0) > kind.interval_seconds
    if kind.is_required and (change.enabled is False or is_slower):
        raise Conflict(
            text(
                "this task cannot be switched off, nor be done less often than every {seconds} seconds",
                seconds=kind.interval_seconds,
            )
        )


def no_such_task() -> NotFound:
    """Refuse a name."""
    return NotFound(text("there is no such periodic task"))
