"""Doing a job: claim it, hold its lease while the handler works, write down how it ended.

Each outcome is written under the fence by which the job was claimed. A worker that was thought dead and
comes back finds that its fence is an old one, and nothing of what it has done is committed.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.errors import JobFailed, LeaseLost
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.jobs.queries import ClaimedJob
from wxcloudrun.jobs.rules import MAX_RESULT, JsonValue, retry_seconds, shortened, written
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, on_this_database, reading
from wxcloudrun.kit.errors import AppError

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0


class JobContext:
    """What a handler knows of its job, and how it makes sure that the job is still its own."""

    def __init__(self, claimed: ClaimedJob) -> None:
        self.job_id = claimed.id
        self.attempt = claimed.attempt
        self.is_last_attempt = claimed.attempt >= claimed.max_attempts
        self.is_finished = False
        self._fence = claimed.fence
        self._checked_at: float | None = None

    def check(self) -> None:
        """Raise LeaseLost if somebody else may have the job. Cheap enough for every step of a loop.

        Asks the database at most once a second, in a transaction of its own.
        """
        now = clock.monotonic()
        if self._checked_at is not None and now - self._checked_at < CHECK_SECONDS:
            return
        with reading() as session:
            if not queries.is_held(session, self.job_id, self._fence):
                raise self._lost()
        self._checked_at = now

    def hold(self, tx: Transaction) -> None:
        """Lock the job until this transaction ends: what it commits is committed by the job's holder.

        Raises LeaseLost if somebody else may have the job.
        """
        self._locked(tx)

    def finish(self, tx: Transaction, result: Mapping[str, JsonValue] | None = None) -> None:
        """Let the job be done by the very commit of this transaction, so that its effect happens once.

        Raises LeaseLost, and JobFailed for a result that does not fit.
        """
        job = self._locked(tx)
        end(job, JobState.DONE)
        job.error = None
        job.result = None if result is None else as_text(result)
        tx.session.flush()
        tx.after_commit(self._note_finished)

    def fail(self, tx: Transaction, message: str) -> None:
        """Let the job have failed for good. Raises LeaseLost."""
        job = self._locked(tx)
        end(job, JobState.FAILED)
        job.error = shortened(message)
        tx.session.flush()

    def put_off(self, tx: Transaction, message: str) -> None:
        """Let the job be tried again after a while. Raises LeaseLost."""
        job = self._locked(tx)
        end(job, JobState.QUEUED)
        job.error = shortened(message)
        job.not_before = clock.now() + timedelta(seconds=retry_seconds(self.attempt))
        tx.session.flush()

    def renew(self, tx: Transaction, lease_seconds: float) -> bool:
        """Let the lease last so long from now; False if it is lost."""
        lease_until = clock.now() + timedelta(seconds=lease_seconds)
        return queries.renew(tx.session, self.job_id, self._fence, lease_until)

    def _locked(self, tx: Transaction) -> Job:
        job = queries.lock_held(tx.session, self.job_id, self._fence)
        if job is None:
            raise self._lost()
        return job

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"job {self.job_id} is not held under fence {self._fence} any more")

    def _note_finished(self) -> None:
        self.is_finished = True


Handler = Callable[[JobContext, dict[str, Any]], Mapping[str, JsonValue] | None]
OnFailed = Callable[[Transaction, dict[str, Any], str], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How jobs of one kind are done, and what else is written when one of them has failed for good.

    `on_failed` gets the transaction that marks the job, its arguments and the message; nothing but SQL.
    """

    handler: Handler
    on_failed: OnFailed | None = None


class WorkService:
    """Does jobs, one for each thread that asks."""

    def __init__(self, *, kinds: Mapping[str, JobKind], lease_seconds: float) -> None:
        self._kinds = kinds
        self._lease_seconds = lease_seconds

    def due(self, limit: int) -> Sequence[int]:
        """Return jobs that could be done now."""
        with reading() as session:
            return queries.due_ids(session, self._kinds, clock.now(), limit)

    def run_due(self) -> int:
        """Do every job that is due, one after the other; return how many those were."""
        count = 0
        while ids := self.due(1):
            count += self.run(ids[0])
        return count

    def run(self, job_id: int) -> bool:
        """Do one job; False if it is not due or somebody else has it."""
        claimed = self._claim(job_id)
        if claimed is None:
            return False
        facts = {"job_id": claimed.id, "kind": claimed.kind, "attempt": claimed.attempt}
        logger.info("job_started", extra=facts)
        context = JobContext(claimed)
        try:
            with self._beating(context):
                self._attempt(context, claimed)
        except LeaseLost:
            logger.warning("job_lease_lost", extra=facts)
        except SQLAlchemyError:
            # The lease runs out, and somebody else takes the job.
            logger.exception("job_outcome_not_written", extra=facts)
        return True

    def _claim(self, job_id: int) -> ClaimedJob | None:
        def work(tx: Transaction) -> ClaimedJob | None:
            now = clock.now()
            lease_until = now + timedelta(seconds=self._lease_seconds)
            return queries.claim(tx.session, job_id, self._kinds, now=now, lease_until=lease_until)

        return atomically(work)

    def _attempt(self, context: JobContext, claimed: ClaimedJob) -> None:
        try:
            result = self._kinds[claimed.kind].handler(context, claimed.arguments)
            if not context.is_finished:
                atomically(lambda tx: context.finish(tx, result))
        except LeaseLost:
            raise
        except JobFailed as error:
            self._give_up(context, claimed, str(error))
        except Exception as error:  # whatever it is, the job has to be tried again or given up
            logger.exception("job_attempt_failed", extra={"job_id": claimed.id, "kind": claimed.kind})
            self._try_again(context, claimed, readable(error))
        else:
            logger.info("job_done", extra={"job_id": claimed.id, "kind": claimed.kind})

    def _try_again(self, context: JobContext, claimed: ClaimedJob, message: str) -> None:
        if context.is_finished:
            return
        if context.is_last_attempt:
            self._give_up(context, claimed, message)
        else:
            atomically(lambda tx: context.put_off(tx, message))

    def _give_up(self, context: JobContext, claimed: ClaimedJob, message: str) -> None:
        on_failed = self._kinds[claimed.kind].on_failed

        def work(tx: Transaction) -> None:
            context.fail(tx, message)
            if on_failed is not None:
                on_failed(tx, claimed.arguments, message)

        atomically(work)
        logger.warning("job_failed", extra={"job_id": claimed.id, "kind": claimed.kind, "error": message})

    @contextmanager
    def _beating(self, context: JobContext) -> Iterator[None]:
        """Renew the lease in a thread of its own for as long as the block lasts."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._lease_seconds / 3):
                try:
                    if not atomically(lambda tx: context.renew(tx, self._lease_seconds)):
                        return
                except SQLAlchemyError as error:
                    facts = {"job_id": context.job_id, "cause": type(error).__name__}
                    logger.warning("lease_not_renewed", extra=facts)

        thread = threading.Thread(target=on_this_database(beat), name=f"lease-{context.job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def end(job: Job, state: JobState) -> None:
    """Let an attempt have ended now."""
    now = clock.now()
    job.state = state
    job.lease_expires_at = None
    job.finished_at = None if state is JobState.QUEUED else now
    if job.started_at is not None:
        job.last_duration_seconds = (now - job.started_at).total_seconds()


def as_text(result: Mapping[str, JsonValue]) -> str:
    """Return a result as its column holds it. Raises JobFailed for one that does not fit."""
    try:
        return written(result, max_length=MAX_RESULT)
    except ValueError as error:
        raise JobFailed("the work was done, but its result is too long to be kept") from error


def readable(error: Exception) -> str:
    """Say what went wrong without paths, statements or secrets; the log has the rest."""
    if isinstance(error, AppError):
        return error.message
    return f"unexpected {type(error).__name__}; the log of the server says more"
