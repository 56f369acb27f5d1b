"""How the background work is doing, in figures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.models import JobState, PeriodicTask
from wxcloudrun.jobs.service.periodic import TaskKind, TaskKinds
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading

OVERDUE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class TaskStats:
    """How one periodic task is doing. `last_error` stays until there is another one."""

    name: str
    interval_seconds: int
    enabled: bool
    runs: int
    errors: int
    last_error: str | None
    last_run_at: datetime | None
    last_duration_seconds: float | None
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class BackgroundSummary:
    """The whole: `status` is `running` or `stopped`, `jobs` has a count for each state."""

    status: str
    tasks: int
    task_stats: Mapping[str, TaskStats]
    jobs: Mapping[str, int]


def task_stats(row: PeriodicTask) -> TaskStats:
    """Return how a task is doing by its row."""
    return TaskStats(
        name=row.name,
        interval_seconds=row.interval_seconds,
        enabled=row.enabled,
        runs=row.runs,
        errors=row.errors,
        last_error=row.last_error,
        last_run_at=row.last_run_at,
        last_duration_seconds=row.last_duration_seconds,
        next_run_at=row.next_run_at,
    )


def untried(name: str, kind: TaskKind) -> TaskStats:
    """Return how a task is doing that no worker has ever looked at."""
    return TaskStats(
        name=name,
        interval_seconds=kind.interval_seconds,
        enabled=True,
        runs=0,
        errors=0,
        last_error=None,
        last_run_at=None,
        last_duration_seconds=None,
        next_run_at=None,
    )


class JobStatistics:
    """Counts. Whoever calls this has asked already whether the caller may know."""

    def __init__(self, *, tasks: TaskKinds, is_running_here: Callable[[], bool]) -> None:
        self._tasks = tasks
        self._is_running_here = is_running_here

    def summary(self) -> BackgroundSummary:
        """Return how the background work of all processes is doing."""
        with reading() as session:
            rows = queries.periodic_tasks(session)
            counts = queries.counts_by_state(session)
        stats = {name: self._stats(name, rows.get(name)) for name in sorted(self._tasks)}
        return BackgroundSummary(
            status="running" if self._is_running(stats.values()) else "stopped",
            tasks=len(stats),
            task_stats=stats,
            jobs={state.value: counts.get(state, 0) for state in JobState},
        )

    def _stats(self, name: str, row: PeriodicTask | None) -> TaskStats:
        return task_stats(row) if row is not None else untried(name, self._tasks[name])

    def _is_running(self, tasks: Iterable[TaskStats]) -> bool:
        """Tell whether some process works: this one, or one that leaves no task undone for a minute."""
        if self._is_running_here():
            return True
        enabled = [task for task in tasks if task.enabled]
        return bool(enabled) and all(is_kept_up(task) for task in enabled)


def is_kept_up(task: TaskStats) -> bool:
    """Tell whether somebody does a task when it is due."""
    if task.next_run_at is None:
        return False
    interval = timedelta(seconds=task.interval_seconds) + OVERDUE
    return not clock.is_over(task.next_run_at + OVERDUE, clock.now(), interval)
