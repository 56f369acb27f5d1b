"""Waking workers through a Redis that cannot be reached: one kind of failure, and not for every request."""

import pytest

from wxcloudrun.kit import clock
from wxcloudrun.stores.queue.port import QueueUnavailable
from wxcloudrun.stores.queue.redis import RETRY_SECONDS, RedisWakeUps


@pytest.fixture
def wake_ups() -> RedisWakeUps:
    """A way through a Redis that is not there."""
    return RedisWakeUps("redis://127.0.0.1:1/0")


def test_everything_says_so(wake_ups: RedisWakeUps) -> None:
    with pytest.raises(QueueUnavailable):
        wake_ups.ring(1)
    with pytest.raises(QueueUnavailable):
        wake_ups.wait(0)
    with pytest.raises(QueueUnavailable):
        wake_ups.wait(0.5)
    with pytest.raises(QueueUnavailable):
        wake_ups.check()


def test_after_a_failure_it_is_left_alone_for_some_seconds(
    wake_ups: RedisWakeUps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cause() -> BaseException | None:
        with pytest.raises(QueueUnavailable) as error:
            wake_ups.ring(1)
        return error.value.__cause__

    assert cause() is not None, "it was asked"
    assert cause() is None, "it was not"

    later = clock.monotonic() + RETRY_SECONDS
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    assert cause() is not None
