"""The counters that need no server: in memory, in the database, and the one that chooses."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.support.apps import MakeApp
from tests.support.moments import Clock
from tests.support.rate_counters_contract import RateCountersContract, SqlCountersContract, Within, fresh
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.stores.limits import fallback, memory, sql
from wxcloudrun.stores.limits.fallback import FallbackCounters
from wxcloudrun.stores.limits.memory import MemoryCounters
from wxcloudrun.stores.limits.port import Counter, CountersUnavailable, RateCounters, RateLimit, Tally
from wxcloudrun.stores.limits.sql import RateCounter, SqlCounters


class TestMemory(RateCountersContract):
    @pytest.fixture
    def counters(self) -> RateCounters:
        return MemoryCounters()

    @pytest.fixture
    def within(self) -> Within:
        return lambda work: work()

    def test_a_window_that_is_over_begins_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counters, counter = MemoryCounters(), fresh()
        counters.hit([counter])
        now = clock.monotonic()
        monkeypatch.setattr(clock, "monotonic", lambda: now + 61)

        assert counters.hit([counter]) == [Tally(1, 60)]

    def test_a_flood_of_subjects_does_not_take_all_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "MAX_WINDOWS", 10)
        counters, last = MemoryCounters(), fresh()

        for _ in range(50):
            counters.hit([fresh()])
        counters.hit([last])

        assert len(counters._windows) <= 10  # noqa: SLF001  # memory use shows nowhere else
        assert counters.hit([last])[0].hits == 2


class TestSql(SqlCountersContract):
    @pytest.fixture
    def app(self, make_app: MakeApp, tmp_path: Path) -> Flask:
        """A file, because threads cannot share a database in memory."""
        return make_app(DATABASE_URL=f"sqlite:///{tmp_path}/counters.db")

    @pytest.fixture
    def counters(self, app: Flask) -> Iterator[RateCounters]:
        with app.app_context():
            yield SqlCounters()

    @pytest.fixture
    def within(self, app: Flask) -> Within:
        def run(work: Callable[[], list[int]]) -> list[int]:
            with app.app_context():
                return work()

        return run

    def test_a_window_that_is_over_begins_anew(self, counters: RateCounters, time: Clock) -> None:
        counter = fresh()
        counters.hit([counter])
        counters.hit([counter])
        time.advance(seconds=61)

        assert counters.hit([counter]) == [Tally(1, 60)]
        counters.take_back([counter])
        assert counters.hit([counter])[0].hits == 1

    def test_windows_that_are_over_are_forgotten(
        self, counters: RateCounters, time: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(5):
            counters.hit([fresh()])
        time.advance(seconds=61)
        monkeypatch.setattr(sql, "FORGET_EVERY_SECONDS", 0.0)

        counters.hit([fresh()])

        with reading() as session:
            assert session.execute(select(func.count()).select_from(RateCounter)).scalar_one() == 1

    def test_windows_of_a_clock_that_was_ahead_are_forgotten(
        self, counters: RateCounters, time: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with time.ahead(days=400):
            counters.hit([fresh()])
        monkeypatch.setattr(sql, "FORGET_EVERY_SECONDS", 0.0)

        counters.hit([fresh()])

        with reading() as session:
            assert session.execute(select(func.count()).select_from(RateCounter)).scalar_one() == 1


class SharedCounters:
    """Counters that others share, and that can be out of reach."""

    def __init__(self) -> None:
        self.is_down = False
        self.asked = 0
        self._counts = MemoryCounters()

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        self._answer()
        return self._counts.hit(counters)

    def take_back(self, counters: Sequence[Counter]) -> None:
        self._answer()
        self._counts.take_back(counters)

    def _answer(self) -> None:
        self.asked += 1
        if self.is_down:
            raise CountersUnavailable from ConnectionError()


class TestFallback(RateCountersContract):
    @pytest.fixture
    def counters(self) -> RateCounters:
        return FallbackCounters(SharedCounters())

    @pytest.fixture
    def within(self) -> Within:
        return lambda work: work()

    def test_given_shared_counts_out_of_reach_then_this_process_counts(self) -> None:
        shared, counter = SharedCounters(), fresh()
        counters = FallbackCounters(shared)
        shared.is_down = True

        assert [counters.hit([counter])[0].hits for _ in range(3)] == [1, 2, 3]
        counters.take_back([counter])
        assert counters.hit([counter])[0].hits == 3
        assert shared.asked == 1, "they are left alone for a while"

    def test_given_they_come_back_then_they_count_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shared, counter = SharedCounters(), fresh(limit=RateLimit(1, 60))
        counters = FallbackCounters(shared)
        shared.is_down = True
        counters.hit([counter])
        shared.is_down = False
        monkeypatch.setattr(fallback, "RETRY_SECONDS", 0.0)
        monkeypatch.setattr(counters, "_down_until", 0.0)

        counters.hit([counter])

        assert shared.asked == 2
