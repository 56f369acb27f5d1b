"""How an attempt ends: done, tried again later, or failed for good, with all that this means."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.background import Bench, exactly_once, write_effect
from tests.support.moments import Clock
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.rules import MAX_ERROR, MAX_RESULT, retry_seconds
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.kit.texts import text

pytestmark = pytest.mark.usefixtures("time")


def raising(error: Exception) -> Callable[..., None]:
    """Return a handler that fails like this."""

    def handler(_context: JobContext, _arguments: dict[str, Any]) -> None:
        raise error

    return handler


class TestDone:
    def test_its_result_and_its_times_are_kept(self, bench: Bench, time: Clock) -> None:
        def handler(_context: JobContext, _arguments: dict[str, Any]) -> dict[str, Any]:
            time.advance(seconds=2.5)
            return {"text": "größer", "none": None}

        job = finished(bench, bench.given(handler))

        assert (job.state, job.result, job.error) == (
            "done",
            '{"text":"gr\\u00f6\\u00dfer","none":null}',
            None,
        )
        assert job.last_duration_seconds == 2.5
        assert (job.finished_at, job.lease_expires_at) == (time.now(), None)

    def test_given_that_the_handler_ended_the_job_itself_then_its_effect_is_the_same_commit(
        self, bench: Bench
    ) -> None:
        job_id = bench.given(exactly_once)

        job = finished(bench, job_id)

        assert (job.state, job.result) == ("done", '{"done":true}')
        assert bench.effects() == [f"job/{job_id}"]

    def test_given_a_transaction_that_is_rolled_back_then_the_job_is_not_done(self, bench: Bench) -> None:
        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            def work(tx: Transaction) -> None:
                write_effect(tx, "job")
                context.finish(tx)
                raise Unavailable(text("no"))

            atomically(work)

        job = finished(bench, bench.given(handler))

        assert (job.state, bench.effects()) == ("queued", [])

    def test_given_a_mistake_after_the_end_then_the_job_stays_done(self, bench: Bench) -> None:
        def handler(context: JobContext, arguments: dict[str, Any]) -> None:
            exactly_once(context, arguments)
            raise RuntimeError

        job = finished(bench, bench.given(handler))

        assert (job.state, job.attempts) == ("done", 1)

    def test_a_result_that_no_row_holds_is_a_failure(self, bench: Bench) -> None:
        job = finished(bench, bench.given(lambda *_: {"text": "x" * MAX_RESULT}))

        assert job.state == "failed"
        assert "too long" in (job.error or "")


class TestTriedAgain:
    def test_it_waits_longer_each_time_and_fails_after_the_last(self, bench: Bench, time: Clock) -> None:
        attempts: list[tuple[int, bool]] = []

        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            attempts.append((context.attempt, context.is_last_attempt))
            raise RuntimeError("secret")

        job_id = bench.given(handler)
        waited = []
        while bench.work():
            job = bench.job(job_id)
            waited.append((job.not_before - time.now()).total_seconds())
            time.advance(seconds=waited[-1])

        assert attempts == [(1, False), (2, False), (3, True)]
        assert waited[:2] == [5, 10]
        job = bench.job(job_id)
        assert (job.state, job.attempts, job.finished_at) == ("failed", 3, job.finished_at)
        assert job.error == "unexpected RuntimeError; the log of the server says more"

    def test_before_its_time_it_is_left_alone(self, bench: Bench, time: Clock) -> None:
        bench.given(raising(RuntimeError()))
        bench.work()

        time.advance(seconds=4)

        assert bench.work() == 0

    def test_given_that_the_second_attempt_works_then_it_is_done(self, bench: Bench, time: Clock) -> None:
        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            if context.attempt == 1:
                raise RuntimeError

        job_id = bench.given(handler)
        bench.work()
        time.advance(minutes=1)
        bench.work()

        job = bench.job(job_id)
        assert (job.state, job.attempts, job.error) == ("done", 2, None)

    def test_what_a_refusal_says_is_shown(self, bench: Bench) -> None:
        job = finished(bench, bench.given(raising(Unavailable(text("the store is down")))))

        assert (job.state, job.error) == ("queued", "the store is down")

    def test_the_wait_doubles_up_to_ten_minutes(self) -> None:
        assert [retry_seconds(attempts) for attempts in (1, 2, 3, 4, 8, 100)] == [5, 10, 20, 40, 600, 600]


class TestFailed:
    def test_what_can_never_succeed_is_not_tried_again(self, bench: Bench) -> None:
        job = finished(bench, bench.given(raising(JobFailed("there is no such package"))))

        assert (job.state, job.attempts, job.error) == ("failed", 1, "there is no such package")
        assert (job.finished_at is not None, job.lease_expires_at) == (True, None)

    @pytest.mark.parametrize("message", ["x" * 5000, "\ud800 half a character", "测试 😀" * 500])
    def test_any_message_fits(self, bench: Bench, message: str) -> None:
        job = finished(bench, bench.given(raising(JobFailed(message))))

        assert job.error
        assert len(job.error) <= MAX_ERROR

    def test_what_it_means_is_written_in_the_same_commit(self, bench: Bench) -> None:
        def on_failed(tx: Transaction, arguments: dict[str, Any], message: str) -> None:
            write_effect(tx, f"{arguments['release']} {message}")

        bench.kinds["build"] = JobKind(raising(JobFailed("no")), on_failed)
        job_id = bench.enqueue("build", {"release": 7})
        bench.work()

        assert (bench.job(job_id).state, bench.effects()) == ("failed", ["7 no"])

    def test_it_is_written_after_the_last_attempt_only(self, bench: Bench, time: Clock) -> None:
        bench.kinds["build"] = JobKind(
            raising(RuntimeError()), lambda tx, _arguments, message: write_effect(tx, message)
        )
        bench.enqueue("build", max_attempts=2)

        bench.work()
        assert bench.effects() == []

        time.advance(minutes=1)
        bench.work()
        assert bench.effects() == ["unexpected RuntimeError; the log of the server says more"]

    def test_a_mistake_in_it_is_undone_alone(self, bench: Bench) -> None:
        def on_failed(tx: Transaction, _arguments: dict[str, Any], _message: str) -> None:
            write_effect(tx, "half")
            raise RuntimeError

        bench.kinds["build"] = JobKind(raising(JobFailed("no")), on_failed)
        job_id = bench.enqueue("build")
        bench.work()

        assert (bench.job(job_id).state, bench.effects()) == ("failed", [])


def finished(bench: Bench, job_id: int) -> Any:
    """Do what is due and return the job."""
    bench.work()
    return bench.job(job_id)
