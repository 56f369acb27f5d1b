"""The one way to put work down for later."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.errors import TooManyJobs
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.jobs.rules import LONGEST_DELAY_SECONDS, MAX_ARGUMENTS, JsonValue, written
from wxcloudrun.kit import clock, quotas
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.queue.port import QueueUnavailable, WakeUps

logger = logging.getLogger(__name__)


class JobQueue:
    """Writes jobs down, and tells a worker when they are there to stay."""

    def __init__(self, *, wake_ups: WakeUps, most_waiting: int) -> None:
        self._wake_ups = wake_ups
        self._most_waiting = most_waiting

    def ask(self, tx: Transaction, kind: str, arguments: Mapping[str, JsonValue], *, actor: Actor) -> int:
        """Write down what a user asks for, as `enqueue` does.

        Raises TooManyJobs if as many of theirs are waiting as may. What has to be done in any case, such as
        what is left of a deletion, is enqueued; it counts, and is not refused.
        """
        limit = self._most_waiting
        if quotas.is_reached(tx.session, queries.waiting_of(actor.user_id), limit):
            sentence = text("{limit} jobs of yours are waiting; try again when some are done", limit=limit)
            raise TooManyJobs(sentence, limit=limit)
        return self.enqueue(tx, kind, arguments, actor=actor)

    def enqueue(
        self,
        tx: Transaction,
        kind: str,
        arguments: Mapping[str, JsonValue],
        *,
        actor: Actor | None = None,
        max_attempts: int = 3,
        delay_seconds: float = 0,
    ) -> int:
        """Write a job down in the caller's transaction and return its id.

        A worker is woken after the commit. If that fails the job is done all the same, only some
        seconds later: workers look for it themselves. Raises ValueError for arguments that are too long,
        and for a delay of more than a day.
        """
        if delay_seconds > LONGEST_DELAY_SECONDS:
            raise ValueError("a job is put off for a day at most")
        now = clock.now()
        job = Job(
            kind=kind,
            arguments=written(arguments, max_length=MAX_ARGUMENTS),
            state=JobState.QUEUED,
            attempts=0,
            max_attempts=max_attempts,
            fence=0,
            losses=0,
            not_before=now + timedelta(seconds=delay_seconds),
            created_at=now,
            created_by=actor.user_id if actor is not None else None,
        )
        tx.session.add(job)
        tx.session.flush()
        job_id = job.id
        if delay_seconds <= 0:
            tx.after_commit(lambda: self.wake(job_id))
        return job_id

    def wake(self, job_id: int) -> None:
        """Tell some worker that this job is there; that it cannot be told is not a failure."""
        try:
            self._wake_ups.ring(job_id)
        except QueueUnavailable as error:
            cause = type(error.__cause__ or error).__name__
            logger.warning("wake_failed", extra={"job_id": job_id, "cause": cause})
