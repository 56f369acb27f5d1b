"""Waking workers through a real Redis."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.backing import backing
from tests.support.redis_database import RedisDatabase, make_redis_database
from tests.support.wake_ups_contract import WakeUpsContract
from wxcloudrun.stores.queue import redis as adapter
from wxcloudrun.stores.queue.redis import KEY, RedisWakeUps


@pytest.fixture
def database(record_property: Callable[[str, str], None]) -> Iterator[RedisDatabase]:
    """A Redis of the test's own."""
    record_property("server", "redis")
    made = make_redis_database(str(backing().need("redis")["url"]))
    yield made
    made.destroy()


@pytest.fixture
def wake_ups(database: RedisDatabase) -> RedisWakeUps:
    """The way through it."""
    return RedisWakeUps(database.url)


class TestRedis(WakeUpsContract):
    def test_another_process_is_woken(self, database: RedisDatabase, wake_ups: RedisWakeUps) -> None:
        RedisWakeUps(database.url).ring(7)

        assert wake_ups.wait(1) == 7

    def test_a_message_is_the_number_and_nothing_that_could_be_run(
        self, database: RedisDatabase, wake_ups: RedisWakeUps
    ) -> None:
        wake_ups.ring(42)

        assert database.database.lrange(KEY, 0, -1) == [b"42"]

    @pytest.mark.parametrize("message", [b"", b"-1", b"1.5", b"\x80\x04K*.", "²".encode(), b"9" * 5000])
    def test_what_is_no_number_is_passed_over(
        self, database: RedisDatabase, wake_ups: RedisWakeUps, message: bytes
    ) -> None:
        database.database.rpush(KEY, message, 7)

        assert [wake_ups.wait(0), wake_ups.wait(1)] == [None, 7]

    def test_given_that_nobody_takes_messages_then_the_oldest_beyond_a_limit_are_lost(
        self, wake_ups: RedisWakeUps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "MOST_WAITING", 3)

        for number in range(5):
            wake_ups.ring(number)

        assert [wake_ups.wait(0) for _ in range(4)] == [2, 3, 4, None]
