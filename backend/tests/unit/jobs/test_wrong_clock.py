"""Work that was planned while the clock was ahead is done now, and what a dead worker held then is free."""

from typing import Any

import pytest
from annotated_types import Le
from flask import Flask
from sqlalchemy import update

from tests.support.background import LEASE_SECONDS, Bench
from tests.support.moments import Clock
from wxcloudrun.config import Settings
from wxcloudrun.jobs.models import Job, JobState, PeriodicTask
from wxcloudrun.jobs.rules import LONGEST_LEASE_SECONDS
from wxcloudrun.jobs.service.periodic import PeriodicService, TaskKind
from wxcloudrun.jobs.service.statistics import JobStatistics
from wxcloudrun.kit.db import transaction

HOUR = 3600


@pytest.fixture
def done(bench: Bench) -> list[str]:
    """What a task that is due each hour has done."""
    seen: list[str] = []
    bench.tasks["hourly"] = TaskKind(HOUR, lambda: seen.append("done"))
    return seen


def test_given_a_task_that_is_due_in_years_then_it_is_done_now_and_at_its_interval(
    bench: Bench, done: list[str], time: Clock
) -> None:
    with time.ahead(days=400):
        bench.tick()

    assert (bench.tick(), bench.tick()) == (1, 0)
    time.advance(seconds=HOUR)
    assert bench.tick() == 1
    assert done == ["done"] * 2


def test_given_servers_whose_clocks_differ_a_little_then_a_task_is_not_done_twice(
    bench: Bench, done: list[str], time: Clock
) -> None:
    with time.ahead(minutes=4):
        bench.tick()

    assert (bench.tick(), done) == (0, [])


def test_given_a_worker_that_died_while_the_clock_was_ahead_then_its_task_is_done_by_another(
    app: Flask, bench: Bench, done: list[str], time: Clock
) -> None:
    bench.tick()
    with time.ahead(days=400), app.app_context(), transaction() as tx:
        tx.session.execute(update(PeriodicTask).values(lease_expires_at=time.now()))
    time.advance(seconds=HOUR)

    assert bench.tick() == 1
    assert done == ["done"]


def test_given_a_job_that_was_put_off_while_the_clock_was_ahead_then_it_is_done_now(
    bench: Bench, time: Clock
) -> None:
    with time.ahead(days=400):
        job_id = bench.given(lambda *_: None, delay_seconds=60)

    assert bench.work() == 1
    assert bench.job(job_id).state == "done"


def test_given_a_job_that_waits_as_long_as_one_may_then_it_waits(bench: Bench, time: Clock) -> None:
    bench.given(lambda *_: None, delay_seconds=86_400)
    with pytest.raises(ValueError, match="a day at most"):
        bench.given(lambda *_: None, delay_seconds=86_401)

    assert bench.work() == 0
    time.advance(days=1)
    assert bench.work() == 1


@pytest.mark.parametrize(("ahead", "requeued"), [({"days": 400}, 1), ({"minutes": 4}, 0)])
def test_given_a_worker_that_died_while_the_clock_was_ahead_then_its_job_begins_again(
    app: Flask, bench: Bench, time: Clock, ahead: dict[str, float], requeued: int
) -> None:
    job_id = bench.given(lambda *_: None)
    with time.ahead(seconds=LEASE_SECONDS), time.ahead(**ahead), app.app_context(), transaction() as tx:
        held: dict[str, Any] = {"state": JobState.RUNNING, "lease_expires_at": time.now()}
        tx.session.execute(update(Job).values(**held))

    assert bench.requeue() == requeued
    assert bench.work() == requeued
    assert bench.job(job_id).state == ("done" if requeued else "running")


def test_given_no_worker_and_tasks_that_are_due_in_years_then_nobody_says_that_it_is_running(
    app: Flask, time: Clock
) -> None:
    with app.app_context():
        with time.ahead(days=400):
            app.extensions["services"][PeriodicService].run_due()

        assert app.extensions["services"][JobStatistics].summary().status == "stopped"


def test_given_a_worker_whose_setting_is_longer_then_its_job_stays_its_own(bench: Bench) -> None:
    taken: list[int] = []
    bench.lease_seconds = LONGEST_LEASE_SECONDS
    job_id = bench.given(lambda *_: taken.append(bench.requeue()))

    bench.work()

    assert (taken, bench.job(job_id).state) == ([0], "done")


def test_the_longest_lease_is_the_longest_that_the_setting_takes() -> None:
    assert Le(LONGEST_LEASE_SECONDS) in Settings.model_fields["job_lease_seconds"].metadata
