"""A job is put down in the caller's transaction, or not at all; waking a worker may fail."""

from typing import Any

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.background import Bench
from tests.support.builders import Person
from tests.support.logged import Log
from tests.support.moments import Clock
from wxcloudrun.jobs.models import Job
from wxcloudrun.jobs.rules import MAX_ARGUMENTS
from wxcloudrun.kit.db import transaction


def seen_by(bench: Bench) -> list[dict[str, Any]]:
    """Let jobs of the kind `note` leave their arguments behind."""
    seen: list[dict[str, Any]] = []
    bench.given(lambda _context, arguments: seen.append(arguments))
    bench.work()
    seen.clear()
    return seen


class MindChanged(Exception):
    """Somebody changed their mind."""


def put_down_and_refuse(bench: Bench) -> None:
    """Put a job down in a transaction that does not end well."""
    with transaction() as tx:
        bench.queue.enqueue(tx, "given", {})
        raise MindChanged


def test_a_job_is_done_once_with_its_arguments(bench: Bench) -> None:
    seen = seen_by(bench)

    job_id = bench.enqueue("given", {"name": "ada ß 😀", "numbers": [1, 2.5, None]})

    assert [bench.work(), bench.work()] == [1, 0]
    assert seen == [{"name": "ada ß 😀", "numbers": [1, 2.5, None]}]
    assert bench.job(job_id).state == "done"


def test_jobs_are_done_in_the_order_in_which_they_came(bench: Bench) -> None:
    seen = seen_by(bench)

    for number in range(5):
        bench.enqueue("given", {"number": number})
    bench.work()

    assert [arguments["number"] for arguments in seen] == [0, 1, 2, 3, 4]


def test_given_a_rollback_then_there_was_never_a_job(bench: Bench, app: Flask) -> None:
    with app.app_context(), pytest.raises(MindChanged):
        put_down_and_refuse(bench)

    assert bench.count(Job) == 0


def test_it_keeps_who_asked_and_when(bench: Bench, make_person: Any, time: Clock) -> None:
    ada: Person = make_person("ada")

    job = bench.job(bench.enqueue("given", actor=ada.actor))

    assert (job.created_by, job.created_at) == (ada.id, time.now())
    assert (job.state, job.attempts, job.max_attempts) == ("queued", 0, 3)


def test_given_a_delay_then_it_is_done_afterwards(bench: Bench, time: Clock) -> None:
    job_id = bench.given(lambda *_: None, delay_seconds=30)

    assert bench.work() == 0
    time.advance(seconds=31)
    assert bench.work() == 1
    assert bench.job(job_id).state == "done"


def test_arguments_that_no_row_holds_are_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="characters of JSON"):
        bench.enqueue("given", {"text": "x" * MAX_ARGUMENTS})

    assert bench.count(Job) == 0


def test_given_a_kind_that_this_worker_does_not_know_then_it_is_left_to_one_that_does(bench: Bench) -> None:
    job_id = bench.enqueue("from-a-newer-version")

    assert bench.work() == 0
    with bench.app.app_context():
        assert bench.worker().run(job_id) is False
    assert bench.job(job_id).state == "queued"


def test_given_a_redis_that_cannot_be_reached_then_the_job_is_there_and_done(make_app: MakeApp) -> None:
    bench = Bench(make_app(LOG_LEVEL="WARNING", REDIS_URL="redis://127.0.0.1:1/0"))
    log = Log()

    job_id = bench.given(lambda *_: None)

    assert [entry["job_id"] for entry in log.of("wake_failed")] == [job_id]
    assert bench.work() == 1
    assert bench.job(job_id).state == "done"
