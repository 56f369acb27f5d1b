"""The figures of the background work, for those who show them."""

from flask import Flask

from tests.support.background import Bench
from tests.support.moments import Clock
from wxcloudrun.jobs.service.periodic import PeriodicService
from wxcloudrun.jobs.service.statistics import BackgroundSummary, JobStatistics


def summary(app: Flask) -> BackgroundSummary:
    """Return the figures."""
    with app.app_context():
        found: BackgroundSummary = app.extensions["services"][JobStatistics].summary()
        return found


def tick(app: Flask) -> None:
    """Be a worker for a moment."""
    with app.app_context():
        app.extensions["services"][PeriodicService].run_due()


def test_jobs_are_counted_by_state(app: Flask, bench: Bench) -> None:
    bench.given(lambda *_: None)
    bench.work()
    bench.enqueue("other")
    bench.enqueue("other")

    assert summary(app).jobs == {"queued": 2, "running": 0, "done": 1, "failed": 0, "cancelled": 0}


def test_every_task_has_its_figures(app: Flask, time: Clock) -> None:
    tick(app)
    time.advance(seconds=60)
    tick(app)

    found = summary(app)

    assert found.tasks == len(found.task_stats) == 10
    stats = found.task_stats["audit-chain"]
    assert (stats.interval_seconds, stats.enabled, stats.runs, stats.errors) == (60, True, 1, 0)
    assert stats.last_run_at == time.now()


def test_it_is_running_while_some_worker_leaves_nothing_undone(app: Flask, time: Clock) -> None:
    assert summary(app).status == "stopped", "no worker was ever there"

    tick(app)
    assert summary(app).status == "running"

    time.advance(seconds=10 + 59)
    assert summary(app).status == "running"
    time.advance(seconds=2)
    assert summary(app).status == "stopped", "the worker is gone"
