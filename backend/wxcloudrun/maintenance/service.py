"""What administrators have done in the background that keeps rows and objects in step."""

from collections.abc import Mapping

from wxcloudrun.jobs.reads import JobView
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.administration import JobAdministrationService
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.maintenance.events import MAINTENANCE_STARTED


class MaintenanceService:
    """Puts maintenance down as jobs."""

    def __init__(self, *, queue: JobQueue, jobs: JobAdministrationService) -> None:
        self._queue = queue
        self._jobs = jobs

    def ask(self, actor: Actor, kind: str, options: Mapping[str, JsonValue]) -> JobView:
        """Put one piece of maintenance down; its report will be the job's result. Raises Forbidden."""
        actor.require_administrator()

        def work(tx: Transaction) -> int:
            job_id = self._queue.enqueue(tx, kind, options, actor=actor)
            announce(
                tx, actor, MAINTENANCE_STARTED, Subject(f"job/{job_id}"), after={"kind": kind, **options}
            )
            return job_id

        return self._jobs.job(actor, atomically(work))
