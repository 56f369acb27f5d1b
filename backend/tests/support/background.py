"""A bench for background work: the test says what kinds of jobs there are and when they are done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import select

from wxcloudrun.jobs.models import Job
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit.db import reading, transaction

LEASE_SECONDS = 60


@dataclass(slots=True)
class Bench:
    """The queue of an application and a worker that works only when it is told to."""

    app: Flask
    kinds: dict[str, JobKind] = field(default_factory=dict)
    lease_seconds: float = LEASE_SECONDS

    def enqueue(self, kind: str, arguments: Mapping[str, JsonValue] | None = None, **options: Any) -> int:
        """Put a job down in a transaction of its own."""
        queue: JobQueue = self.app.extensions["services"][JobQueue]
        with self.app.app_context(), transaction() as tx:
            return queue.enqueue(tx, kind, arguments or {}, **options)

    def worker(self) -> WorkService:
        """Return a worker that knows the kinds of the bench."""
        return WorkService(kinds=self.kinds, lease_seconds=self.lease_seconds)

    def work(self) -> int:
        """Do everything that is due."""
        with self.app.app_context():
            return self.worker().run_due()

    def job(self, job_id: int) -> Job:
        """Return a job as it stands in its row."""
        with self.app.app_context(), reading() as session:
            return session.execute(select(Job).where(Job.id == job_id)).scalar_one()
