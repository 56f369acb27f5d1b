"""Huey as the way to wake workers: in a file for one machine, in Redis for several.

A message is the number of a job and nothing else. Huey's own format is pickle, which would let whoever
can write to Redis run code here.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from huey import Huey
from huey.storage import RedisStorage, SqliteStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from wxcloudrun.kit.queue.port import QueueUnavailable

NAME = "wxcloudrun"
CONNECT_SECONDS = 0.5  # an upload must not wait long for a Redis that is not there
ANSWER_SECONDS = 2.0  # more than the second for which Huey waits for a message


class WakeUpHuey(Huey):  # type: ignore[misc]  # huey has no types
    """Huey with job numbers as messages; it keeps no results and revokes nothing."""

    def __init__(self, **storage: Any) -> None:
        super().__init__(NAME, results=False, **storage)
        self.do: Callable[[int], object] = ignore
        self.job = self.task(name="job")(self.perform)

    def perform(self, job_id: int) -> None:
        """Let this process do what it does with a job."""
        self.do(job_id)

    def serialize_task(self, task: Any) -> bytes:
        """Write a message."""
        return b"%d" % task.args[0]

    def deserialize_task(self, data: bytes) -> Any:
        """Read a message."""
        return self.job.s(int(bytes(data)))

    def execute(self, task: Any, timestamp: Any = None) -> None:
        """Do a job, without asking the queue whether it was revoked: the queue may be down."""
        del timestamp
        task.execute()


def ignore(_job_id: int) -> None:
    """Do nothing: this process works on no jobs."""


class HueyQueue:
    """Wakes workers by Huey. Nothing is opened before it is needed."""

    def __init__(self, make: Callable[[], WakeUpHuey]) -> None:
        self._make = make

    @functools.cached_property
    def huey(self) -> WakeUpHuey:
        """The queue, opened."""
        return self._make()

    def ring(self, job_id: int) -> None:
        """Tell one worker that this job is there."""
        with translated():
            self.huey.enqueue(self.huey.job.s(job_id))

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
    return HueyQueue(lambda: WakeUpHuey(storage_class=SqliteStorage, filename=str(path), cache_mb=1))


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
