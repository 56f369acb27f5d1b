"""A bench for background work: the test says what kinds of jobs there are and when they are done."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.support.inside import Inside
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.audit.service.record import record
from wxcloudrun.jobs.models import Job, PeriodicTask
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.periodic import PeriodicService, TaskKind
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.jobs.service.recovery import RecoveryService
from wxcloudrun.jobs.service.work import Shares, WorkService
from wxcloudrun.kit.db import Transaction, atomically, transaction
from wxcloudrun.kit.events import Event, EventKind, Subject
from wxcloudrun.kit.security import SYSTEM

LEASE_SECONDS = 60
EFFECT = EventKind("effect.made")

Handler = Callable[[JobContext, dict[str, Any]], Mapping[str, JsonValue] | None]


class Bench(Inside):
    """The queue of an application, and workers that work only when they are told to."""

    def __init__(self, app: Flask, *, lease_seconds: float = LEASE_SECONDS) -> None:
        super().__init__(app)
        self.kinds: dict[str, JobKind] = {}
        self.tasks: dict[str, TaskKind] = {}
        self.lease_seconds = lease_seconds
        self.shares = Shares(None, None)

    @property
    def queue(self) -> JobQueue:
        """Where jobs are put down."""
        return self.service(JobQueue)

    def enqueue(self, kind: str, arguments: Mapping[str, JsonValue] | None = None, **options: Any) -> int:
        """Put a job down in a transaction of its own."""
        with self.app.app_context(), transaction() as tx:
            return self.queue.enqueue(tx, kind, arguments or {}, **options)

    def given(self, handler: Handler, **options: Any) -> int:
        """Put a job down that is done like this, and return its id."""
        self.kinds["given"] = JobKind(handler)
        return self.enqueue("given", **options)

    def worker(self) -> WorkService:
        """Return one more worker, as another process has it."""
        return WorkService(kinds=self.kinds, lease_seconds=self.lease_seconds, shares=self.shares)

    def recovery(self) -> RecoveryService:
        """Return what looks after abandoned jobs and old ones."""
        return RecoveryService(kinds=self.kinds, jobs=self.queue, history_days=30)

    def periodic(self) -> PeriodicService:
        """Return what does the tasks, as another process has it."""
        return PeriodicService(tasks=self.tasks, lease_seconds=self.lease_seconds)

    def work(self) -> int:
        """Do every job that is due."""
        with self.app.app_context():
            return self.worker().run_due()

    def tick(self) -> int:
        """Do every periodic task that is due."""
        with self.app.app_context():
            return self.periodic().run_due()

    def requeue(self) -> int:
        """Let abandoned jobs begin again."""
        with self.app.app_context():
            return self.recovery().requeue_abandoned()

    def job(self, job_id: int) -> Job:
        """Return a job as it stands in its row."""
        [job] = self.column(select(Job).where(Job.id == job_id))
        return job

    def task(self, name: str) -> PeriodicTask:
        """Return a periodic task as it stands in its row."""
        [task] = self.column(select(PeriodicTask).where(PeriodicTask.name == name))
        return task

    def effects(self) -> list[str]:
        """Return what jobs have written, in its order."""
        made = select(AuditEntry.object).where(AuditEntry.action == EFFECT.name).order_by(AuditEntry.id)
        return self.column(made)


def write_effect(tx: Transaction, what: str) -> None:
    """Write something that can be counted, in somebody's transaction."""
    record(tx, Event(EFFECT, SYSTEM, Subject(what), before=None, after=None))


def exactly_once(context: JobContext, _arguments: dict[str, Any]) -> None:
    """Do what a good handler does: the effect and the end of the job are one commit."""

    def work(tx: Transaction) -> None:
        write_effect(tx, f"job/{context.job_id}")
        context.finish(tx, {"done": True})

    atomically(work)
