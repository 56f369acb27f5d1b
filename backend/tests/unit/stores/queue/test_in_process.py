"""Waking the threads of one process."""

import pytest

from tests.support.wake_ups_contract import WakeUpsContract
from wxcloudrun.stores.queue import in_process
from wxcloudrun.stores.queue.in_process import ProcessWakeUps


class TestInProcess(WakeUpsContract):
    @pytest.fixture
    def wake_ups(self) -> ProcessWakeUps:
        return ProcessWakeUps()

    def test_given_that_nobody_takes_messages_then_those_beyond_a_limit_are_lost(
        self, wake_ups: ProcessWakeUps
    ) -> None:
        for number in range(in_process.MOST_WAITING + 5):
            wake_ups.ring(number)

        taken = iter(lambda: wake_ups.wait(0), None)
        assert list(taken) == list(range(in_process.MOST_WAITING))
