"""Huey as the way to wake workers: through a file on one machine, through Redis on several.

A message is the number of a job and nothing else. Huey's own format is pickle, which would let whoever
can write to Redis run code here.
"""

import functools
import logging
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from huey import Huey
from huey.storage import RedisStorage, SqliteStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from wxcloudrun.kit import clock, waiting
from wxcloudrun.kit.logs import Complaint
from wxcloudrun.stores.queue.duties import NO_DUTIES, Duties
from wxcloudrun.stores.queue.port import QueueUnavailable

logger = logging.getLogger(__name__)

NAME = "wxcloudrun"
CONNECT_SECONDS = 0.5  # a request must not wait long for a Redis that is not there
LOCK_SECONDS = 1.0  # nor for another process that holds the file
RETRY_SECONDS = 5.0
ANSWER_SECONDS = 2.0  # more than the second for which Huey waits for a message


class QueueFile(SqliteStorage):  # type: ignore[misc]  # huey has no types
    """Huey's file, made when it is first reached: a disk that is full at the start stops no worker."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, create_tables=False, **options)

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        weakref.finalize(self, connection.close)  # Python 3.13 complains of one that is only forgotten
        for statement in self.ddl:
            connection.execute(statement)
        return connection


class WakeUpHuey(Huey):  # type: ignore[misc]  # huey has no types
    """Huey with job numbers as messages; it keeps no results and revokes nothing."""

    def __init__(self, **storage: Any) -> None:
        super().__init__(NAME, results=False, **storage)
        self.duties: Duties = NO_DUTIES
        self.job = self.task(name="job")(self.do_job)
        self._unavailable = Complaint(logger, "queue_unavailable_workers_poll")

    def do_job(self, job_id: int) -> None:
        """Let this process do what it does with a job."""
        self.duties.do_job(job_id)

    def serialize_task(self, task: Any) -> bytes:
        """Write a message."""
        return b"%d" % task.args[0]

    def deserialize_task(self, data: bytes) -> Any:
        """Read a message."""
        return self.job.s(int(bytes(data)))

    def dequeue(self) -> Any:
        """Return what somebody was woken for, else a job that waits without that.

        Raises QueueUnavailable if there is neither, so that Huey's worker waits a little.
        """
        failure: Exception | None = None
        try:
            woken = super().dequeue()
        except Exception as error:  # noqa: BLE001  # SQLite, Redis and the network each have their own
            woken, failure = None, error
            self._unavailable.say(error)
        else:
            self._unavailable.over()
        if woken is not None:
            return woken
        job_id = self.duties.next_job()
        if job_id is not None:
            return self.job.s(job_id)
        if failure is not None:
            raise QueueUnavailable from failure
        return None

    def execute(self, task: Any, timestamp: Any = None) -> None:
        """Do a job, without asking the queue whether it was revoked: the queue may be down."""
        del timestamp
        try:
            task.execute()
        except Exception:  # a thread that works on jobs must outlive every one of them
            logger.exception("job_thread_failed")


class HueyQueue:
    """Wakes workers by Huey. Nothing is opened before it is needed."""

    def __init__(self, make: Callable[[], WakeUpHuey]) -> None:
        self._make = make
        self._silent_until = 0.0

    @functools.cached_property
    def huey(self) -> WakeUpHuey:
        """The queue, opened."""
        return self._make()

    def ring(self, job_id: int) -> None:
        """Tell one worker that this job is there.

        After a failure nobody is told for some seconds, so that not every request waits for the same silence.
        """
        if clock.monotonic() < self._silent_until:
            raise QueueUnavailable("it did not answer a moment ago")
        try:
            with waiting.limited(), translated():
                self.huey.enqueue(self.huey.job.s(job_id))
        except QueueUnavailable:
            self._silent_until = clock.monotonic() + RETRY_SECONDS
            raise

    def check(self) -> None:
        """Return if messages get through."""
        with translated():
            self.huey.pending_count()


@contextmanager
def translated() -> Iterator[None]:
    """Turn every failure of the queue into QueueUnavailable: SQLite, Redis and files have their own."""
    try:
        yield
    except Exception as error:
        raise QueueUnavailable from error


def embedded_queue(path: Path) -> HueyQueue:
    """Return a queue in an SQLite file, for the processes of one machine."""
    storage = {"storage_class": QueueFile, "filename": str(path), "timeout": LOCK_SECONDS, "cache_mb": 1}
    return HueyQueue(lambda: WakeUpHuey(**storage))


def redis_queue(url: str) -> HueyQueue:
    """Return a queue in Redis, for any number of machines."""

    def make() -> WakeUpHuey:
        pool = redis.ConnectionPool.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        return WakeUpHuey(storage_class=RedisStorage, connection_pool=pool)

    return HueyQueue(make)
