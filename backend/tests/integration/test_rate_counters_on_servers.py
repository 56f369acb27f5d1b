"""The rate counters on a real Redis and a real MySQL, where there are such."""

from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.backing import backing
from tests.support.databases import database_beside
from tests.support.rate_counters_contract import RateCountersContract, SqlCountersContract, Within, fresh
from wxcloudrun.stores.limits.fallback import FallbackCounters
from wxcloudrun.stores.limits.port import CountersUnavailable, RateCounters, RateLimit, Tally
from wxcloudrun.stores.limits.redis import PREFIX, RedisCounters
from wxcloudrun.stores.limits.sql import SqlCounters


class TestRedis(RateCountersContract):
    @pytest.fixture
    def counters(self, record_property: Callable[[str, str], None]) -> RateCounters:
        record_property("server", "redis")
        return RedisCounters(backing().need("redis")["url"])

    @pytest.fixture
    def within(self) -> Within:
        return lambda work: work()

    def test_two_processes_count_together(self, counters: RateCounters) -> None:
        counter = fresh()
        counters.hit([counter])

        assert RedisCounters(backing().need("redis")["url"]).hit([counter])[0].hits == 2

    def test_a_window_ends_by_itself(self, counters: RateCounters) -> None:
        counter = fresh(limit=RateLimit(1, 1))

        assert counters.hit([counter])[0].seconds_left == 1

    @pytest.mark.parametrize("seconds", [34_560_003, None])
    def test_given_a_window_that_would_last_for_years_or_for_ever_then_it_ends_in_time_and_keeps_its_hits(
        self, counters: RateCounters, seconds: int | None
    ) -> None:
        counter = fresh()
        counters.hit([counter])
        with redis.Redis.from_url(backing().need("redis")["url"]) as server:
            if seconds is None:
                server.persist(PREFIX + counter.key)
            else:
                server.expire(PREFIX + counter.key, seconds)

            assert counters.hit([counter]) == [Tally(2, 60)]
            assert 0 < server.ttl(PREFIX + counter.key) <= 60


def test_given_a_redis_that_is_not_there_then_it_says_so_soon() -> None:
    counters = RedisCounters("redis://127.0.0.1:9/0")

    with pytest.raises(CountersUnavailable):
        counters.hit([fresh()])
    with pytest.raises(CountersUnavailable):
        counters.take_back([fresh()])
    assert FallbackCounters(counters).hit([fresh()])[0].hits == 1


class TestMysql(SqlCountersContract):
    @pytest.fixture
    def app(self, make_app: MakeApp, record_property: Callable[[str, str], None]) -> Iterator[Flask]:
        record_property("server", "mysql")
        with database_beside(backing().need("mysql")["url"]) as url:
            yield make_app(DATABASE_URL=url)

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
