"""What a handler knows of its job, and how it makes sure that the job is still its own.

Each outcome is written under the fence by which the job was claimed. A worker that was thought dead and
comes back finds that its fence is an old one, and nothing of what it has done is committed.
"""

from collections.abc import Mapping
from datetime import timedelta

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.errors import JobFailed, LeaseLost
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.jobs.queries import ClaimedJob
from wxcloudrun.jobs.rules import MAX_RESULT, JsonValue, retry_seconds, shortened, written
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, reading

CHECK_SECONDS = 1.0


class JobContext:
    """One attempt at one job."""

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
        self._end(tx, JobState.DONE, result)

    def cancel(self, tx: Transaction, result: Mapping[str, JsonValue]) -> None:
        """Let the job have ended without its effect, which nobody wants any more. Raises as `finish` does."""
        self._end(tx, JobState.CANCELLED, result)

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

    def hand_back(self, tx: Transaction) -> None:
        """Let somebody else begin the job again at once. Raises LeaseLost."""
        job = self._locked(tx)
        end(job, JobState.QUEUED)
        job.attempts -= 1
        job.not_before = clock.now()
        tx.session.flush()

    def renew(self, tx: Transaction, lease_seconds: float) -> bool:
        """Let the lease last so long from now; False if it is lost."""
        lease_until = clock.now() + timedelta(seconds=lease_seconds)
        return queries.renew(tx.session, self.job_id, self._fence, lease_until)

    def _end(self, tx: Transaction, state: JobState, result: Mapping[str, JsonValue] | None) -> None:
        job = self._locked(tx)
        end(job, state)
        job.error = None
        job.result = None if result is None else as_text(result)
        tx.session.flush()
        tx.after_commit(self._note_finished)

    def _locked(self, tx: Transaction) -> Job:
        job = queries.lock_held(tx.session, self.job_id, self._fence)
        if job is None:
            raise self._lost()
        return job

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"job {self.job_id} is not held under fence {self._fence} any more")

    def _note_finished(self) -> None:
        self.is_finished = True


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
