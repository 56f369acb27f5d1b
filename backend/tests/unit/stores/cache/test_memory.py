"""Entries in the process."""

from collections.abc import Callable

import pytest

from tests.support.cache_contract import MAX_ENTRIES, TTL_SECONDS, CacheContract, Corn, kind
from wxcloudrun.kit import clock
from wxcloudrun.stores.cache.memory import MemoryCache
from wxcloudrun.stores.cache.port import Cache, EntryKind, Key

__all__ = ["kind"]  # a fixture of the contract


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def make(self) -> Callable[[], Cache]:
        return lambda: MemoryCache(max_entries=MAX_ENTRIES, ttl_seconds=TTL_SECONDS)

    def test_an_entry_is_gone_when_its_time_is_over_and_that_is_no_eviction(
        self, cache: Cache, kind: EntryKind[Corn], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = Key(kind, "7", "name")
        cache.put(key, Corn("short-lived"))
        now = clock.monotonic()

        monkeypatch.setattr(clock, "monotonic", lambda: now + TTL_SECONDS - 1)
        assert cache.get(key) == Corn("short-lived"), "and looking at it does not prolong it"
        monkeypatch.setattr(clock, "monotonic", lambda: now + TTL_SECONDS + 1)

        assert cache.get(key) is None
        assert (cache.figures().entries, cache.figures().evictions) == (0, 0)
