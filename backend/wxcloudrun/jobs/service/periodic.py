"""What is done again and again: which of it is due, doing it, writing down how it went."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.models import PeriodicTask
from wxcloudrun.jobs.rules import readable, shortened
from wxcloudrun.jobs.service.heartbeat import kept_alive
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.logs import Complaint

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10.0  # a database that cannot be written to is not tried at every tick


@dataclass(frozen=True, slots=True)
class TaskKind:
    """What a periodic task does, and how often unless an administrator decides otherwise.

    One that is required is never done less often, and nobody switches it off.
    """

    interval_seconds: int
    run: Callable[[], object]
    is_required: bool = False

    def is_on(self, task: PeriodicTask) -> bool:
        """Tell whether it is done at all; what the row says of a required one counts for nothing."""
        return self.is_required or task.enabled

    def interval(self, task: PeriodicTask) -> timedelta:
        """Return how often it is done."""
        least = self.interval_seconds if self.is_required else task.interval_seconds
        return timedelta(seconds=min(task.interval_seconds, least))


TaskKinds = Mapping[str, TaskKind]


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A periodic task as the worker got it that holds it under `fence`."""

    name: str
    fence: int


class PeriodicService:
    """Does what is due. Of several servers that look at the same moment, one gets each task."""

    def __init__(self, *, tasks: TaskKinds, lease_seconds: float) -> None:
        self._tasks = tasks
        self._lease = timedelta(seconds=lease_seconds)
        self._unreachable = Complaint(logger, "tasks_not_looked_for")
        self._not_written = Complaint(logger, "task_not_written_down")
        self._not_before = 0.0

    def due(self) -> Sequence[str]:
        """Return the tasks whose time has come; makes the rows of those that have none."""
        try:
            with reading() as session:
                rows = queries.periodic_tasks(session)
            missing = [name for name in self._tasks if name not in rows]
            if missing:
                atomically(self._add_missing)
        except SQLAlchemyError as error:
            self._unreachable.say(error)
            return ()
        self._unreachable.over()
        if clock.monotonic() < self._not_before:
            return ()
        now = clock.now()
        return [
            name
            for name, task in rows.items()
            if name in self._tasks and is_due(self._tasks[name], task, now)
        ]

    def run_due(self) -> int:
        """Do every task that is due, one after the other in this thread; return how many those were."""
        return sum(self.run(name) for name in self.due())

    def run(self, name: str) -> bool:
        """Do one task; False if it is not due or somebody else has it."""
        try:
            claimed = atomically(lambda tx: self._claim(tx, name))
            if claimed is not None:
                self._run_claimed(claimed)
        except SQLAlchemyError as error:
            # The lease, if there is one, runs out, and somebody does the task when it is due again.
            self._not_before = clock.monotonic() + RETRY_SECONDS
            self._not_written.say(error)
            return False
        self._not_written.over()
        return claimed is not None

    def _add_missing(self, tx: Transaction) -> None:
        present = queries.periodic_tasks(tx.session)
        for name, kind in self._tasks.items():
            if name not in present:
                tx.session.add(new_row(name, kind, clock.now()))
        tx.session.flush()

    def _claim(self, tx: Transaction, name: str) -> ClaimedTask | None:
        now = clock.now()
        task = queries.periodic_tasks(tx.session).get(name)
        if task is None or not is_due(self._tasks[name], task, now):
            return None
        lease_until = now + self._lease
        if not queries.claim_task(tx.session, task, now=now, lease_until=lease_until):
            return None
        return ClaimedTask(name, task.fence + 1)

    def _run_claimed(self, claimed: ClaimedTask) -> None:
        began_at, error = clock.monotonic(), None
        lease_seconds = self._lease.total_seconds()
        with kept_alive(f"task {claimed.name}", lambda tx: self._renew(tx, claimed), lease_seconds):
            try:
                self._tasks[claimed.name].run()
            except Exception as failure:  # one that fails must not stop the others
                logger.exception("task_failed", extra={"task": claimed.name})
                error = shortened(readable(failure))
        duration = clock.monotonic() - began_at
        is_written = atomically(
            lambda tx: queries.end_task(
                tx.session, claimed.name, claimed.fence, error=error, duration_seconds=duration
            )
        )
        if not is_written:
            logger.warning("task_lease_lost", extra={"task": claimed.name})

    def _renew(self, tx: Transaction, claimed: ClaimedTask) -> bool:
        lease_until = clock.now() + self._lease
        return queries.renew_task(tx.session, claimed.name, claimed.fence, lease_until)


def is_due(kind: TaskKind, task: PeriodicTask, now: datetime) -> bool:
    """Tell whether a task should be done now, and nobody is doing it."""
    is_free = task.lease_expires_at is None or clock.is_over(
        task.lease_expires_at, now, queries.LONGEST_LEASE
    )
    is_time = clock.is_over(task.next_run_at, now, kind.interval(task))
    return kind.is_on(task) and is_time and is_free


def new_row(name: str, kind: TaskKind, now: datetime) -> PeriodicTask:
    """Return the row of a task that was never done: its first run comes after one interval."""
    return PeriodicTask(
        name=name,
        interval_seconds=kind.interval_seconds,
        enabled=True,
        runs=0,
        errors=0,
        next_run_at=now + timedelta(seconds=kind.interval_seconds),
        fence=0,
    )
