"""Deleting what may be large: the name is gone at once, the rows follow in steps with a bound.

Whoever deletes something hides it first, so that no read finds it any more, and hands it over in the same
transaction. A small thing is gone when that commits. Of a large one the rest is a job: it takes as many
rows at a time as a quarter of a second is good for, and leaves as much time to others after each step. A
step that is done stays done, so whoever takes the job over goes on where the last one stopped.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Table

from wxcloudrun.erasure import queries
from wxcloudrun.erasure.events import ERASURE_FINISHED
from wxcloudrun.erasure.queries import Before
from wxcloudrun.erasure.rules import AT_ONCE_ROWS, FIRST_ROWS, STEP_SECONDS, Doomed, next_rows
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base, Transaction, atomically
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM, Actor

JOB_KIND = "erase"
ATTEMPTS = 10
AGAIN_AFTER_SECONDS = 3600


class ErasureService:
    """Erases rows that are hidden already. `before` is what a table's rows leave behind when they go."""

    def __init__(self, *, jobs: JobQueue, before: Before) -> None:
        self._jobs = jobs
        self._before = before

    def begin(self, tx: Transaction, actor: Actor, doomed: Doomed) -> None:
        """Delete a hidden row with all that hangs on it, or its first rows and the rest by a job."""
        if self._step(tx, doomed, AT_ONCE_ROWS) == AT_ONCE_ROWS:
            self._jobs.enqueue(tx, JOB_KIND, doomed.written(), actor=actor, max_attempts=ATTEMPTS)

    def go_on(self, context: JobContext, doomed: Doomed) -> None:
        """Do the job. Raises LeaseLost."""
        rows, gone = FIRST_ROWS, 0
        while True:
            context.check()
            began_at = clock.monotonic()
            done = atomically(partial(self._step, doomed=doomed, rows=rows))
            took_seconds = clock.monotonic() - began_at
            gone += done
            if done < rows:
                break
            rows = next_rows(rows, took_seconds)
            time.sleep(min(took_seconds, STEP_SECONDS))
        atomically(lambda tx: self._finish(tx, context, doomed, gone))

    def begin_again(self, tx: Transaction, doomed: Doomed) -> None:
        """Put the job down once more: what is hidden has to go, however often that has failed."""
        self._jobs.enqueue(
            tx, JOB_KIND, doomed.written(), max_attempts=ATTEMPTS, delay_seconds=AGAIN_AFTER_SECONDS
        )

    def _step(self, tx: Transaction, doomed: Doomed, rows: int) -> int:
        tx.session.flush()
        erase = queries.erase_hanging if doomed.row_stays else queries.erase
        return erase(tx.session, table_of(doomed), [doomed.row_id], rows, self._before)

    def _finish(self, tx: Transaction, context: JobContext, doomed: Doomed, gone: int) -> None:
        figures: Mapping[str, Any] = {"rows": gone}
        announce(tx, SYSTEM, ERASURE_FINISHED, Subject(doomed.path), after=figures)
        context.finish(tx, figures)


def table_of(doomed: Doomed) -> Table:
    """Return the table that the row is in."""
    return Base.metadata.tables[doomed.table]


def erase_all(model: type[Base], condition: ColumnElement[bool]) -> int:
    """Delete the rows for which a condition holds, each step in a transaction of its own.

    Returns how many rows that were, with those that hung on them.
    """
    gone = 0
    while done := atomically(lambda tx: queries.erase_where(tx.session, model, condition, AT_ONCE_ROWS)):
        gone += done
    return gone
