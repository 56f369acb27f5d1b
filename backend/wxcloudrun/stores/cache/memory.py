"""Entries in this process alone: least recently used, with a time to live."""

import threading
from typing import Any, cast

from cachetools import TTLCache

from wxcloudrun.kit import clock
from wxcloudrun.stores.cache import metrics
from wxcloudrun.stores.cache.port import CacheFigures, EntryKind, Key


class CountingCache(TTLCache[Key[Any], Any]):
    """A cache that counts what it had to push out while it was still good."""

    evictions = 0

    def popitem(self) -> tuple[Key[Any], Any]:
        """Push out the entry that was used least recently."""
        pushed_out = super().popitem()
        self.evictions += 1
        metrics.CACHE_EVICTIONS.inc()
        return pushed_out


class MemoryCache:
    """Entries of one process. They are handed out as they are, so they must be immutable."""

    def __init__(self, *, max_entries: int, ttl_seconds: float) -> None:
        # Through the module, so that a test that moves the clock moves this one too.
        self._entries = CountingCache(max_entries, ttl_seconds, timer=lambda: clock.monotonic())  # noqa: PLW0108  # why: above
        self._lock = threading.Lock()
        self._hits = 0
        self._misses = 0

    def get[T](self, key: Key[T]) -> T | None:
        """Return the entry, None if there is none."""
        with self._lock:
            return cast("T | None", self._entries.get(key))

    def put[T](self, key: Key[T], entry: T) -> None:
        """Keep the entry."""
        with self._lock:
            self._entries[key] = entry

    def forget(self, kind: EntryKind[Any], group: str) -> None:
        """Drop the entries of a group."""
        with self._lock:
            for key in [key for key in self._entries if (key.kind, key.group) == (kind, group)]:
                self._entries.pop(key, None)

    def count(self, *, was_hit: bool) -> None:
        """Note whether what was asked for was there and still right."""
        metrics.CACHE_LOOKUPS.labels("hit" if was_hit else "miss").inc()
        with self._lock:
            self._hits += was_hit
            self._misses += not was_hit

    def figures(self) -> CacheFigures:
        """Return how the cache of this process does."""
        with self._lock:
            self._entries.expire()
            return CacheFigures(
                status="initialized",
                entries=len(self._entries),
                hits=self._hits,
                misses=self._misses,
                evictions=self._entries.evictions,
            )
