"""Counts in Redis: one key for each running window, which Redis forgets by itself."""

import math
from collections.abc import Sequence

import redis

from wxcloudrun.kit import waiting
from wxcloudrun.stores.limits.port import Counter, CountersUnavailable, Tally

PREFIX = "limits:"
PATIENCE_SECONDS = 0.5  # a login must not wait long for a Redis that is not there


class RedisCounters:
    """Counts that every process sees which uses this Redis."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS
        )

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        """Add one hit to each counter, all in one step.

        A window that would last longer than it should, by a clock of Redis that was wrong, ends one window
        from now and keeps its hits.
        """
        try:
            with waiting.limited(), self._redis.pipeline(transaction=True) as pipe:
                for counter in counters:
                    key = PREFIX + counter.key
                    pipe.set(key, 0, ex=counter.seconds, nx=True)
                    pipe.incr(key)
                    pipe.pttl(key)
                answers = pipe.execute()
        except redis.RedisError as error:
            raise CountersUnavailable from error
        left = [self._bounded(*each) for each in zip(counters, answers[2::3], strict=True)]
        return [
            Tally(int(hits), max(math.ceil(milliseconds / 1000), 1))
            for hits, milliseconds in zip(answers[1::3], left, strict=True)
        ]

    def take_back(self, counters: Sequence[Counter]) -> None:
        """Undo one hit of each; a window that has ended meanwhile leaves nothing behind."""
        try:
            with waiting.limited(), self._redis.pipeline(transaction=True) as pipe:
                for counter in counters:
                    key = PREFIX + counter.key
                    pipe.set(key, 1, ex=counter.seconds, nx=True)
                    pipe.decr(key)
                pipe.execute()
        except redis.RedisError as error:
            raise CountersUnavailable from error

    def _bounded(self, counter: Counter, milliseconds: int) -> int:
        longest = counter.seconds * 1000
        if 0 <= milliseconds <= longest:
            return milliseconds
        try:
            with waiting.limited():
                self._redis.pexpire(PREFIX + counter.key, longest)
        except redis.RedisError as error:
            raise CountersUnavailable from error
        return longest
