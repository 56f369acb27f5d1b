"""Keeping the log of a build: now and then while it grows, so that people can watch, and at its end."""

from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.releases import queries
from wxcloudrun.releases.models import ReleaseLog
from wxcloudrun.releases.rules.assignments import Assignment
from wxcloudrun.releases.rules.build_log import BuildLog

KEEP_SECONDS = 3.0


class Notebook:
    """The log of one attempt, by the job that makes it."""

    def __init__(self, context: JobContext, assignment: Assignment) -> None:
        self.log = BuildLog()
        self._context = context
        self._assignment = assignment
        self._kept_at = clock.monotonic()

    def look(self) -> None:
        """Make sure that the job is still ours, and write the log down if some time has passed."""
        self._context.check()
        if clock.monotonic() - self._kept_at > KEEP_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Write the log down. Raises LeaseLost."""

        def work(tx: Transaction) -> None:
            self._context.hold(tx)
            row = queries.release(tx.session, self._assignment.release_id)
            if row is not None and self._assignment.means(row):
                self.keep_within(tx)

        atomically(work)
        self._kept_at = clock.monotonic()

    def keep_within(self, tx: Transaction) -> None:
        """Write the log down in a transaction in which the release is locked."""
        tx.session.merge(
            ReleaseLog(
                version_id=self._assignment.release_id,
                text=self.log.text(),
                truncated=self.log.is_truncated,
                written_at=clock.now(),
            )
        )
