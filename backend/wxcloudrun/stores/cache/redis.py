"""Entries in Redis, for all processes: JSON texts, an order of last use, and a set for each group."""

import logging
import threading
from collections.abc import Callable
from typing import Any, cast

import redis
from pydantic import ValidationError

from wxcloudrun.kit import clock, waiting
from wxcloudrun.stores.cache import metrics
from wxcloudrun.stores.cache.port import CacheFigures, EntryKind, Key

logger = logging.getLogger(__name__)

PREFIX = "cache:"
LAST_USE = PREFIX + "last-use"  # a sorted set: the name of each entry, by when it was last used
PATIENCE_SECONDS = 0.5  # what is in the cache can be had without it
RETRY_SECONDS = 5.0


class RedisCache:
    """Entries that every process shares which uses this Redis; a failure is a miss."""

    def __init__(self, url: str, *, max_entries: int, ttl_seconds: int) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS
        )
        self._max_entries = max_entries
        self._ttl_seconds = ttl_seconds
        self._lock = threading.Lock()
        self._hits = 0
        self._misses = 0
        self._evictions = 0
        self._is_out = False
        self._ask_again_at = 0.0

    def get[T](self, key: Key[T]) -> T | None:
        """Return the entry, None if there is none or if what lies there cannot be read."""
        name = entry_name(key)

        def work(pipe: Any) -> None:
            pipe.get(name)
            pipe.zadd(LAST_USE, {name: clock.now().timestamp()}, xx=True)

        text = self._run(work, [None, None])[0]
        if text is None:
            return None
        try:
            return key.kind.wire.validate_json(text)
        except ValidationError:  # written by another release of this code
            return None

    def put[T](self, key: Key[T], entry: T) -> None:
        """Keep the entry."""
        name, group, now = entry_name(key), group_name(key.kind, key.group), clock.now()

        def work(pipe: Any) -> None:
            pipe.set(name, key.kind.wire.dump_json(entry), ex=self._ttl_seconds)
            pipe.sadd(group, name)
            pipe.expire(group, self._ttl_seconds)
            pipe.zadd(LAST_USE, {name: now.timestamp()})
            pipe.zremrangebyscore(LAST_USE, 0, now.timestamp() - self._ttl_seconds)
            pipe.zremrangebyscore(LAST_USE, clock.latest_credible(now).timestamp(), "+inf")
            pipe.expire(LAST_USE, self._ttl_seconds)
            pipe.zcard(LAST_USE)

        surplus = cast("int", self._run(work, [0])[-1]) - self._max_entries
        if surplus > 0:
            self._push_out(surplus)

    def forget(self, kind: EntryKind[Any], group: str) -> None:
        """Drop the entries of a group."""
        name = group_name(kind, group)
        members = self._run(lambda pipe: pipe.smembers(name), [set()])[0]
        if members:
            self._run(lambda pipe: (pipe.delete(name, *members), pipe.zrem(LAST_USE, *members)), [])

    def count(self, *, was_hit: bool) -> None:
        """Note whether what was asked for was there and still right."""
        metrics.CACHE_LOOKUPS.labels("hit" if was_hit else "miss").inc()
        with self._lock:
            self._hits += was_hit
            self._misses += not was_hit

    def figures(self) -> CacheFigures:
        """Return how many entries all processes have, and what this one counted."""
        since = clock.now().timestamp() - self._ttl_seconds
        entries = self._run(lambda pipe: pipe.zcount(LAST_USE, since, "+inf"), [0])[0]
        with self._lock:
            return CacheFigures(
                status="unavailable" if self._is_out else "initialized",
                entries=entries,
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
            )

    def _push_out(self, surplus: int) -> None:
        popped = self._run(lambda pipe: pipe.zpopmin(LAST_USE, surplus), [[]])[0]
        if popped:
            names = [name for name, _ in popped]
            gone = self._run(lambda pipe: pipe.delete(*names), [0])[0]
            metrics.CACHE_EVICTIONS.inc(gone)
            with self._lock:
                self._evictions += gone

    def _run(self, work: Callable[[Any], object], otherwise: list[Any]) -> list[Any]:
        """Send commands in one step; `otherwise` is the answer of a Redis that cannot be reached."""
        if clock.monotonic() < self._ask_again_at:
            return otherwise
        try:
            with waiting.limited(), self._redis.pipeline(transaction=True) as pipe:
                work(pipe)
                answers: list[Any] = pipe.execute()
        except redis.RedisError as error:
            self._note_outage(error)
            return otherwise
        self._note_answer()
        return answers

    def _note_outage(self, error: redis.RedisError) -> None:
        self._ask_again_at = clock.monotonic() + RETRY_SECONDS
        with self._lock:
            is_new, self._is_out = not self._is_out, True
        if is_new:
            logger.warning("cache_unavailable", extra={"cause": type(error).__name__})

    def _note_answer(self) -> None:
        if self._is_out:
            with self._lock:
                was_out, self._is_out = self._is_out, False
            if was_out:
                logger.info("cache_available_again")


def entry_name(key: Key[Any]) -> str:
    """Return under which name Redis knows an entry."""
    return f"{PREFIX}entry:{key.kind.name}:{key.group}:{key.name}"


def group_name(kind: EntryKind[Any], group: str) -> str:
    """Return under which name Redis knows the set of a group's entries."""
    return f"{PREFIX}group:{kind.name}:{group}"
