"""Waking workers on any machine: a list in Redis, whose messages are numbers of jobs and nothing else."""

import re
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from wxcloudrun.kit import clock, waiting
from wxcloudrun.stores.queue.port import QueueUnavailable

KEY = "jobs:woken"
MOST_WAITING = 10_000  # while no worker runs; what goes beyond is found when one looks
CONNECT_SECONDS = 0.5  # a request must not wait long for a Redis that is not there
ANSWER_SECONDS = 2.0  # more than a worker waits for a message
RETRY_SECONDS = 5.0
JOB_ID = re.compile(rb"[0-9]{1,18}")  # what a column holds; anybody else's bytes are passed over


class RedisWakeUps:
    """Messages to all workers that use this Redis. Nothing is opened before it is needed."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._silent_until = 0.0

    def ring(self, job_id: int) -> None:
        """Tell one worker that this job is there.

        After a failure nobody is told for some seconds, so that not every request waits for the same silence.
        """
        if clock.monotonic() < self._silent_until:
            raise QueueUnavailable("it did not answer a moment ago")
        try:
            with waiting.limited(), self._redis.pipeline(transaction=True) as pipe:
                pipe.rpush(KEY, job_id)
                pipe.ltrim(KEY, -MOST_WAITING, -1)
                pipe.execute()
        except redis.RedisError as error:
            self._silent_until = clock.monotonic() + RETRY_SECONDS
            raise QueueUnavailable from error

    def wait(self, seconds: float) -> int | None:
        """Return the job that this thread was woken for, None if that was none within the seconds."""
        try:
            answer: Any = self._redis.blpop([KEY], timeout=seconds) if seconds > 0 else self._redis.lpop(KEY)
        except redis.RedisError as error:
            raise QueueUnavailable from error
        message = answer[1] if isinstance(answer, tuple | list) else answer
        return int(message) if JOB_ID.fullmatch(message or b"") else None

    def check(self) -> None:
        """Return if messages get through. Raises QueueUnavailable."""
        try:
            self._redis.llen(KEY)
        except redis.RedisError as error:
            raise QueueUnavailable from error
