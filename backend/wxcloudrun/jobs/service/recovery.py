"""What becomes of jobs that nobody works on any more: the abandoned begin again, the old are forgotten."""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.jobs.rules import MAX_LOSSES, parsed, shortened
from wxcloudrun.jobs.service.context import end
from wxcloudrun.jobs.service.kinds import JobKinds
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading

logger = logging.getLogger(__name__)

BATCH = 200


class RecoveryService:
    """Looks after jobs whose worker has died, and after those that have ended long ago."""

    def __init__(self, *, kinds: JobKinds, jobs: JobQueue, history_days: int) -> None:
        self._kinds = kinds
        self._jobs = jobs
        self._history = timedelta(days=history_days)

    def requeue_abandoned(self) -> int:
        """Let every job begin again whose lease is over; return how many those were.

        A lost attempt does not count as one that failed, because it says nothing about the job. One
        that loses its worker again and again probably kills it, and is given up.
        """
        with reading() as session:
            abandoned = queries.abandoned_ids(session, clock.now(), BATCH)
        return sum(self._requeue(job_id) for job_id in abandoned)

    def forget_finished(self) -> int:
        """Delete jobs that ended too long ago; return how many those were."""
        before, forgotten = clock.now() - self._history, 0
        while count := atomically(lambda tx: queries.forget_finished(tx.session, before, BATCH)):
            forgotten += count
        return forgotten

    def _requeue(self, job_id: int) -> bool:
        try:
            return atomically(lambda tx: self._take_back(tx, job_id))
        except SQLAlchemyError:  # one that cannot be written must not keep the others waiting
            logger.exception("job_not_requeued", extra={"job_id": job_id})
            return False

    def _take_back(self, tx: Transaction, job_id: int) -> bool:
        job = queries.lock_abandoned(tx.session, job_id, clock.now())
        if job is None:
            return False
        job.losses += 1
        if job.losses >= MAX_LOSSES:
            self._give_up(tx, job)
        else:
            end(job, JobState.QUEUED)
            job.attempts -= 1
            job.not_before = clock.now()
            tx.after_commit(lambda: self._jobs.wake(job_id))
        tx.session.flush()
        facts = {"job_id": job.id, "kind": job.kind, "losses": job.losses, "state": job.state}
        tx.after_commit(lambda: logger.warning("job_abandoned", extra=facts))
        return True

    def _give_up(self, tx: Transaction, job: Job) -> None:
        message = f"its worker died {job.losses} times while it worked on this"
        end(job, JobState.FAILED)
        job.error = shortened(message)
        if job.kind in self._kinds:
            self._kinds[job.kind].tell(tx, parsed(job.arguments), message)
