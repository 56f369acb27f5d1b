"""One allowance for all waits of a request."""

import pytest
from flask import Flask

from wxcloudrun.kit import clock, mysql, waiting
from wxcloudrun.kit.waiting import REQUEST_SECONDS, WORK_SECONDS


class Stopwatch:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        """Let a wait take so long, as something that is waited for does."""
        with waiting.limited():
            self.seconds += seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """Seconds in the hands of the test."""
    hands = Stopwatch()
    monkeypatch.setattr(clock, "monotonic", hands.monotonic)
    return hands


class TestRequest:
    def test_given_several_waits_then_each_has_what_the_others_left(
        self, app: Flask, watch: Stopwatch
    ) -> None:
        with app.test_request_context():
            assert waiting.left() == REQUEST_SECONDS
            watch.wait(1.5)
            assert waiting.left() == REQUEST_SECONDS - 1.5
            watch.wait(1.0)
            assert waiting.left() == REQUEST_SECONDS - 2.5

    def test_given_that_all_is_used_up_then_nothing_is_left_and_never_less(
        self, app: Flask, watch: Stopwatch
    ) -> None:
        with app.test_request_context():
            watch.wait(REQUEST_SECONDS + 3)

            assert waiting.left() == 0

    def test_while_something_is_waited_for_the_time_runs_down(self, app: Flask, watch: Stopwatch) -> None:
        with app.test_request_context(), waiting.limited():
            watch.seconds += 1
            assert waiting.left() == REQUEST_SECONDS - 1
            watch.seconds += REQUEST_SECONDS
            assert waiting.left() == 0

    def test_given_one_wait_within_another_then_its_time_is_taken_off_once(
        self, app: Flask, watch: Stopwatch
    ) -> None:
        with app.test_request_context():
            with waiting.limited():
                watch.wait(1)

            assert waiting.left() == REQUEST_SECONDS - 1

    def test_time_between_the_waits_costs_nothing(self, app: Flask, watch: Stopwatch) -> None:
        with app.test_request_context():
            watch.wait(1)
            watch.seconds += 3600  # the body of a large upload

            assert waiting.left() == REQUEST_SECONDS - 1

    def test_given_a_wait_that_may_be_shorter_only_then_it_is(self, app: Flask, watch: Stopwatch) -> None:
        with app.test_request_context():
            with waiting.limited(0):
                assert waiting.left() == 0
            with waiting.limited(60):
                assert waiting.left() == REQUEST_SECONDS
            assert watch.seconds == 100

    def test_each_request_has_its_own(self, app: Flask, watch: Stopwatch) -> None:
        with app.test_request_context():
            watch.wait(REQUEST_SECONDS)
        with app.test_request_context():
            assert waiting.left() == REQUEST_SECONDS


def test_outside_of_a_request_each_transaction_has_its_own(app: Flask, watch: Stopwatch) -> None:
    with app.app_context():
        watch.wait(WORK_SECONDS)

        assert waiting.left() == WORK_SECONDS


@pytest.mark.parametrize(
    ("left", "lock", "statement"),
    [(30.0, 4, 4.5), (4.0, 4, 4.5), (3.99, 3, 4.49), (2.0, 2, 2.5), (0.4, 1, 1.5), (0.0, 1, 1.5)],
)
def test_given_what_is_left_then_mysql_waits_for_no_more(left: float, lock: int, statement: float) -> None:
    assert mysql.lock_seconds(left) == lock
    assert mysql.statement_seconds(left) == pytest.approx(statement)
    assert lock < statement, "the server gives a lock up before its connection is thought dead"
