"""Doing jobs: claim one, keep its lease while the handler works, write down how it ended."""

import logging
import random
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs import queries
from wxcloudrun.jobs.errors import JobFailed, LeaseLost
from wxcloudrun.jobs.queries import ClaimedJob
from wxcloudrun.jobs.rules import readable
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.heartbeat import Renew, kept_alive
from wxcloudrun.jobs.service.kinds import JobKind, JobKinds
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.logs import Complaint

__all__ = ["JobContext", "JobKind", "Shares", "WorkService"]  # what a domain with handlers needs

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 10.0  # a database that cannot be written to is not tried as fast as threads can
LOOKAHEAD = 8


@dataclass(frozen=True, slots=True)
class Shares:
    """How many jobs one user may have under way anywhere, and how many that may last, this process."""

    per_user: int | None
    lasting: int | None

    def is_full(self, number: int) -> bool:
        """Tell whether a user has enough of them under way."""
        return self.per_user is not None and number >= self.per_user


NO_SHARES = Shares(None, None)


class WorkService:
    """Does jobs, one for each thread that asks. Jobs of kinds that are not in the table stay queued."""

    def __init__(self, *, kinds: JobKinds, lease_seconds: float, shares: Shares = NO_SHARES) -> None:
        self._kinds = kinds
        self._lease_seconds = lease_seconds
        self._shares = shares
        self._lock = threading.Lock()
        self._look_again_at = 0.0
        self._unreachable = Complaint(logger, "jobs_not_looked_for")
        self._not_claimed = Complaint(logger, "jobs_not_claimed")
        self._under_way: dict[int, JobContext] = {}
        self._under_way_kinds: dict[int, str] = {}
        self._claiming = threading.Lock()

    def due(self, limit: int) -> Sequence[int]:
        """Return jobs that could be done now, those first whose users have none under way."""
        now, kinds = clock.now(), self._open_kinds()
        with reading() as session:
            busy = queries.busy_users(session)
            ids = queries.due_ids(session, kinds, now, limit, but=list(busy))
            if not ids and busy:
                full = [user_id for user_id, number in busy.items() if self._shares.is_full(number)]
                ids = queries.due_ids(session, kinds, now, limit, but=full)
            return ids

    def run_due(self) -> int:
        """Do every job that is due, one after the other in this thread; return how many those were."""
        count = 0
        while ids := self.due(1):
            count += self.run(ids[0])
        return count

    def next_due(self) -> int | None:
        """Return a job that is due, looking once a second at most, and at once after it found one.

        This is how jobs are found for which nobody was woken: after a delay, a lost message, a dead worker.
        """
        with self._lock:
            if clock.monotonic() < self._look_again_at:
                return None
            self._look_again_at = clock.monotonic() + POLL_SECONDS
        try:
            ids = self.due(LOOKAHEAD)
        except SQLAlchemyError as error:
            self._unreachable.say(error)
            return None
        self._unreachable.over()
        if not ids:
            return None
        self._look_again_at = 0.0
        return random.choice(ids)  # noqa: S311  # so that not everybody tries the same one

    def run(self, job_id: int) -> bool:
        """Do one job; False if it is not due or somebody else has it."""
        try:
            with self._claiming:  # so that two threads do not both take what is left for one
                claimed = atomically(lambda tx: self._claim(tx, job_id))
                if claimed is not None:
                    self._under_way_kinds[claimed.id] = claimed.kind
        except SQLAlchemyError as error:
            self._look_again_at = clock.monotonic() + RETRY_SECONDS
            self._not_claimed.say(error)
            return False
        self._not_claimed.over()
        if claimed is None:
            return False
        self._run_claimed(claimed)
        return True

    def hand_back(self) -> None:
        """Give up what is being worked on, because this process ends; somebody else begins again at once."""
        for context in list(self._under_way.values()):
            try:
                atomically(context.hand_back)
                logger.info("job_handed_back", extra={"job_id": context.job_id})
            except (LeaseLost, SQLAlchemyError) as error:
                facts = {"job_id": context.job_id, "cause": type(error).__name__}
                logger.warning("job_not_handed_back", extra=facts)

    def _claim(self, tx: Transaction, job_id: int) -> ClaimedJob | None:
        now = clock.now()
        lease_until = now + timedelta(seconds=self._lease_seconds)
        user_id = queries.owner(tx.session, job_id)
        if user_id is not None and self._shares.is_full(queries.busy_users(tx.session).get(user_id, 0)):
            return None
        return queries.claim(tx.session, job_id, self._open_kinds(), now=now, lease_until=lease_until)

    def _open_kinds(self) -> Collection[str]:
        """Return the kinds of jobs that may begin: not those that may last, if they have their share."""
        lasting = sum(self._kinds[kind].may_last for kind in list(self._under_way_kinds.values()))
        if self._shares.lasting is None or lasting < self._shares.lasting:
            return self._kinds
        return [name for name, kind in self._kinds.items() if not kind.may_last]

    def _run_claimed(self, claimed: ClaimedJob) -> None:
        facts = {"job_id": claimed.id, "kind": claimed.kind, "attempt": claimed.attempt}
        logger.info("job_started", extra=facts)
        context = JobContext(claimed)
        self._under_way[claimed.id] = context
        try:
            with kept_alive(f"job {claimed.id}", self._renewal(context), self._lease_seconds):
                self._attempt(context, claimed)
        except LeaseLost:
            logger.warning("job_lease_lost", extra=facts)
        except SQLAlchemyError:
            # The lease runs out, and somebody else takes the job.
            logger.exception("job_outcome_not_written", extra=facts)
        finally:
            self._under_way.pop(claimed.id, None)
            self._under_way_kinds.pop(claimed.id, None)

    def _renewal(self, context: JobContext) -> Renew:
        return lambda tx: context.renew(tx, self._lease_seconds)

    def _attempt(self, context: JobContext, claimed: ClaimedJob) -> None:
        facts = {"job_id": claimed.id, "kind": claimed.kind, "attempt": claimed.attempt}
        try:
            result = self._kinds[claimed.kind].handler(context, claimed.arguments)
            if not context.is_finished:
                atomically(lambda tx: context.finish(tx, result))
        except LeaseLost:
            raise
        except JobFailed as error:
            self._give_up(context, claimed, str(error))
        except Exception as error:  # whatever it is, the job has to be tried again or given up
            logger.exception("job_attempt_failed", extra=facts)
            self._try_again(context, claimed, readable(error))
        else:
            logger.info("job_done", extra=facts)

    def _try_again(self, context: JobContext, claimed: ClaimedJob, message: str) -> None:
        if context.is_last_attempt:
            self._give_up(context, claimed, message)
        else:
            atomically(lambda tx: context.put_off(tx, message))

    def _give_up(self, context: JobContext, claimed: ClaimedJob, message: str) -> None:
        def work(tx: Transaction) -> None:
            context.fail(tx, message)
            self._kinds[claimed.kind].tell(tx, claimed.arguments, message)

        atomically(work)
        logger.warning("job_failed", extra={"job_id": claimed.id, "kind": claimed.kind, "error": message})
