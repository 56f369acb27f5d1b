"""What is done again and again: when, by whom, and what becomes of it when it fails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.background import LEASE_SECONDS, Bench
from tests.support.moments import Clock
from tests.support.raised import Death
from wxcloudrun.jobs.models import PeriodicTask
from wxcloudrun.jobs.service.periodic import TaskKind
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.kit.texts import text

MINUTE = 60


@pytest.fixture
def done() -> list[str]:
    """The tasks that were done, in their order."""
    return []


@pytest.fixture
def clockwork(bench: Bench, done: list[str], time: Clock) -> Bench:
    """A bench with two tasks, whose rows are there."""
    bench.tasks["often"] = TaskKind(MINUTE, lambda: done.append("often"))
    bench.tasks["seldom"] = TaskKind(60 * MINUTE, lambda: done.append("seldom"))
    assert time
    assert bench.tick() == 0
    return bench


def failing(error: Exception) -> Callable[[], None]:
    """Return a task that fails like this."""

    def run() -> None:
        raise error

    return run


class TestWhen:
    def test_rows_are_made_from_the_table_and_wait_for_one_interval(
        self, clockwork: Bench, time: Clock
    ) -> None:
        row = clockwork.task("often")

        assert (row.interval_seconds, row.enabled, row.runs, row.errors) == (MINUTE, True, 0, 0)
        assert row.next_run_at == time.now() + timedelta(seconds=MINUTE)

    def test_each_is_done_at_its_interval(self, clockwork: Bench, time: Clock, done: list[str]) -> None:
        for _ in range(61):
            time.advance(seconds=MINUTE)
            clockwork.tick()
            clockwork.tick()

        assert (done.count("often"), done.count("seldom")) == (61, 1)

    def test_how_it_went_is_written_down(self, clockwork: Bench, time: Clock) -> None:
        time.advance(seconds=MINUTE)
        clockwork.tick()

        row = clockwork.task("often")
        assert (row.runs, row.errors, row.last_error) == (1, 0, None)
        assert (row.last_run_at, row.lease_expires_at) == (time.now(), None)
        assert row.next_run_at == time.now() + timedelta(seconds=MINUTE)
        assert 0 <= (row.last_duration_seconds or -1) < 60

    def test_after_a_long_pause_it_is_done_once(self, clockwork: Bench, time: Clock, done: list[str]) -> None:
        time.advance(days=3)

        clockwork.tick()
        clockwork.tick()

        assert sorted(done) == ["often", "seldom"]


class TestFailures:
    def test_one_that_fails_does_not_stop_the_others(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        clockwork.tasks["often"] = TaskKind(MINUTE, failing(RuntimeError("secret")))
        time.advance(hours=1)

        assert clockwork.tick() == 2

        assert done == ["seldom"]
        row = clockwork.task("often")
        assert (row.runs, row.errors) == (1, 1)
        assert row.last_error == "unexpected RuntimeError; the log of the server says more"

    def test_what_a_refusal_says_is_kept_and_it_is_tried_again(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        works = clockwork.tasks["often"]
        clockwork.tasks["often"] = TaskKind(MINUTE, failing(Unavailable(text("the store is down"))))
        time.advance(seconds=MINUTE)
        clockwork.tick()
        clockwork.tasks["often"] = works
        time.advance(seconds=MINUTE)
        clockwork.tick()

        row = clockwork.task("often")
        assert done == ["often"]
        assert (row.runs, row.errors, row.last_error) == (2, 1, "the store is down")


class TestSeveralServers:
    def test_while_one_does_it_no_other_does(self, clockwork: Bench, time: Clock) -> None:
        others: list[Any] = []

        def run() -> None:
            time.advance(seconds=LEASE_SECONDS - 1)
            others.append((clockwork.periodic().due(), clockwork.periodic().run("often")))

        clockwork.tasks["often"] = TaskKind(1, run)
        time.advance(seconds=MINUTE)
        clockwork.tick()

        assert others == [([], False)]

    def test_of_two_that_saw_it_due_one_does_it(self, clockwork: Bench, time: Clock, done: list[str]) -> None:
        time.advance(seconds=MINUTE)
        first, second = clockwork.periodic(), clockwork.periodic()

        with clockwork.app.app_context():
            assert (first.due(), second.due()) == (["often"], ["often"])
            assert [first.run("often"), second.run("often")] == [True, False]

        assert done == ["often"]

    def test_given_that_its_worker_died_then_it_is_done_after_the_lease(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        def run() -> None:
            raise Death

        works = clockwork.tasks["often"]
        clockwork.tasks["often"] = TaskKind(1, run)
        time.advance(seconds=MINUTE)
        with pytest.raises(Death):
            clockwork.tick()

        clockwork.tasks["often"] = works
        time.advance(seconds=LEASE_SECONDS - 1)
        clockwork.tick()
        assert done == []

        time.advance(seconds=2)
        clockwork.tick()
        assert done == ["often"]


class TestChanges:
    """What an administrator changes holds everywhere at the next look."""

    def change(self, bench: Bench, **values: Any) -> None:
        """Change a row as another server does."""
        with bench.app.app_context(), transaction() as tx:
            tx.session.execute(update(PeriodicTask).where(PeriodicTask.name == "often").values(values))

    def test_given_that_it_is_switched_off_then_it_is_left_alone(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        self.change(clockwork, enabled=False)
        time.advance(minutes=5)
        clockwork.tick()
        assert done == []

        self.change(clockwork, enabled=True)
        clockwork.tick()
        assert done == ["often"]

    def test_given_that_it_is_switched_off_after_it_was_seen_due_then_it_is_left_alone(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        time.advance(minutes=1)
        with clockwork.app.app_context():
            service = clockwork.periodic()
            assert service.due() == ["often"]
            self.change(clockwork, enabled=False)
            assert service.run("often") is False

        assert done == []

    def test_a_new_interval_counts_from_the_next_run(
        self, clockwork: Bench, time: Clock, done: list[str]
    ) -> None:
        self.change(clockwork, interval_seconds=2 * MINUTE)

        for _ in range(5):
            time.advance(minutes=1)
            clockwork.tick()

        assert len(done) == 3
