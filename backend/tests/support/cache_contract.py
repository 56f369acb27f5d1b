"""What every cache must do, wherever it keeps its entries; an adapter's test inherits this class."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from wxcloudrun.kit import ids
from wxcloudrun.stores.cache.port import Cache, EntryKind, Key

MAX_ENTRIES = 10
TTL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Grain:
    """A part of an entry."""

    name: str
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Corn:
    """An entry with everything that entries are made of."""

    text: str
    grains: tuple[Grain, ...] = ()
    number: int | None = None


NESTED = Corn(
    "snow \N{SNOWMAN} \0 ' \n", (Grain("a", datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)), Grain("b", None)), 7
)


@pytest.fixture
def kind() -> EntryKind[Corn]:
    """Entries that nobody else has."""
    return EntryKind(f"corn-{ids.new_id()}", Corn)


class CacheContract:
    """Needs the fixture `make`, which builds a cache with room for MAX_ENTRIES."""

    @pytest.fixture
    def cache(self, make: Callable[[], Cache]) -> Cache:
        return make()

    def test_what_was_put_in_comes_out_equal(self, cache: Cache, kind: EntryKind[Corn]) -> None:
        key = Key(kind, "7", "^1, <2 \N{SNOWMAN}:\n")
        assert cache.get(key) is None

        cache.put(key, NESTED)

        assert cache.get(key) == NESTED

    def test_the_later_entry_takes_the_place_of_the_earlier(
        self, cache: Cache, kind: EntryKind[Corn]
    ) -> None:
        for text in ("early", "late"):
            cache.put(Key(kind, "7", "name"), Corn(text))

        assert cache.get(Key(kind, "7", "name")) == Corn("late")

    def test_kinds_groups_and_names_are_apart(self, cache: Cache, kind: EntryKind[Corn]) -> None:
        cache.put(Key(kind, "7", "name"), Corn("mine"))

        for other in (
            Key(EntryKind(kind.name + "x", Corn), "7", "name"),
            Key(kind, "8", "name"),
            Key(kind, "7", "other"),
            Key(kind, "7:name", ""),
            Key(kind, "", "7:name"),
        ):
            assert cache.get(other) is None

    def test_a_group_is_forgotten_wholly_and_alone(self, cache: Cache, kind: EntryKind[Corn]) -> None:
        for group, name in (("7", "a"), ("7", "b"), ("8", "a")):
            cache.put(Key(kind, group, name), Corn(name))

        cache.forget(kind, "7")
        cache.forget(kind, "nobody has ever put anything here")

        assert [cache.get(Key(kind, "7", name)) for name in "ab"] == [None, None]
        assert cache.get(Key(kind, "8", "a")) == Corn("a")

    def test_given_a_full_cache_then_the_entry_used_least_recently_goes(
        self, cache: Cache, kind: EntryKind[Corn]
    ) -> None:
        keys = [Key(kind, "7", str(number)) for number in range(MAX_ENTRIES)]
        for key in keys:
            cache.put(key, Corn(key.name))
        cache.get(keys[0])

        cache.put(Key(kind, "7", "one more"), Corn("one more"))

        assert cache.get(keys[1]) is None
        assert cache.get(keys[0]) == Corn("0")
        assert cache.get(Key(kind, "7", "one more")) == Corn("one more")
        assert cache.figures().entries == MAX_ENTRIES
        assert cache.figures().evictions == 1

    def test_hits_and_misses_are_counted(self, cache: Cache) -> None:
        for was_hit in (True, True, False):
            cache.count(was_hit=was_hit)

        assert (cache.figures().hits, cache.figures().misses) == (2, 1)

    def test_many_may_use_it_at_once(self, cache: Cache, kind: EntryKind[Corn]) -> None:
        def work(number: int) -> bool:
            key = Key(kind, str(number % 3), str(number % 15))
            cache.put(key, Corn(key.name))
            if number % 7 == 0:
                cache.forget(kind, "1")
            cache.count(was_hit=True)
            return cache.get(key) in (None, Corn(key.name))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(300)))
        assert cache.figures().hits == 300
        assert cache.figures().entries <= MAX_ENTRIES
