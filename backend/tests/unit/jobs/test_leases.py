"""Of several workers one has a job, and one that was thought dead commits nothing."""

import threading
from datetime import datetime
from typing import Any

import pytest

from tests.support.apps import MakeApp
from tests.support.background import LEASE_SECONDS, Bench, exactly_once, write_effect
from tests.support.moments import Clock
from tests.support.raised import Death
from tests.support.site import eventually
from wxcloudrun.jobs.errors import LeaseLost
from wxcloudrun.jobs.models import Job
from wxcloudrun.jobs.rules import MAX_LOSSES
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically


class TestClaim:
    def test_given_a_job_that_somebody_has_then_nobody_else_gets_it(self, bench: Bench) -> None:
        others: list[bool] = []

        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            others.append(bench.worker().run(context.job_id))

        job_id = bench.given(handler)

        assert bench.work() == 1
        assert others == [False]
        assert bench.job(job_id).fence == 1

    def test_while_it_is_being_done_the_row_says_so(self, bench: Bench, time: Clock) -> None:
        seen: list[Any] = []
        job_id = bench.given(lambda context, _: seen.append(bench.job(context.job_id)))

        bench.work()

        (running,) = seen
        assert (running.state, running.attempts, running.started_at) == ("running", 1, time.now())
        assert (running.lease_expires_at - time.now()).total_seconds() == LEASE_SECONDS
        assert bench.job(job_id).state == "done"


class TestLateWorker:
    """A worker that stood still for longer than its lease; meanwhile another one did the job."""

    def overtaken(self, bench: Bench, time: Clock) -> None:
        """Let somebody else do the job that is being done."""
        time.advance(seconds=LEASE_SECONDS + 1)
        assert bench.requeue() == 1
        bench.kinds["given"] = JobKind(exactly_once)
        assert bench.worker().run_due() == 1

    def test_what_it_would_commit_is_not(self, bench: Bench, time: Clock) -> None:
        def late(context: JobContext, arguments: dict[str, Any]) -> None:
            self.overtaken(bench, time)
            exactly_once(context, arguments)

        job_id = bench.given(late)
        bench.work()

        assert bench.effects() == [f"job/{job_id}"]
        assert (bench.job(job_id).state, bench.job(job_id).fence) == ("done", 2)

    def test_it_learns_so_when_it_holds_the_job(self, bench: Bench, time: Clock) -> None:
        def late(context: JobContext, _arguments: dict[str, Any]) -> None:
            self.overtaken(bench, time)

            def work(tx: Transaction) -> None:
                context.hold(tx)
                write_effect(tx, "late")

            atomically(work)

        job_id = bench.given(late)
        bench.work()

        assert bench.effects() == [f"job/{job_id}"]

    def test_it_learns_so_when_it_checks(self, bench: Bench, time: Clock) -> None:
        told: list[str] = []

        def late(context: JobContext, _arguments: dict[str, Any]) -> None:
            self.overtaken(bench, time)
            with pytest.raises(LeaseLost) as lost:
                context.check()
            told.append(str(lost.value))
            raise lost.value

        job_id = bench.given(late)
        bench.work()

        assert told == [f"job {job_id} is not held under fence 1 any more"]

    def test_its_failure_is_not_the_jobs(self, bench: Bench, time: Clock) -> None:
        def late(_context: JobContext, _arguments: dict[str, Any]) -> None:
            self.overtaken(bench, time)
            raise RuntimeError

        job_id = bench.given(late)
        bench.work()

        assert (bench.job(job_id).state, bench.job(job_id).error) == ("done", None)

    def test_its_result_is_not_the_jobs(self, bench: Bench, time: Clock) -> None:
        def late(_context: JobContext, _arguments: dict[str, Any]) -> dict[str, str]:
            self.overtaken(bench, time)
            return {"from": "late"}

        job_id = bench.given(late)
        bench.work()

        assert bench.job(job_id).result == '{"done":true}'

    def test_one_that_was_only_slow_goes_on(self, bench: Bench, time: Clock) -> None:
        def slow(context: JobContext, arguments: dict[str, Any]) -> None:
            time.advance(seconds=LEASE_SECONDS + 1)
            context.check()
            exactly_once(context, arguments)

        job_id = bench.given(slow)
        bench.work()

        assert (bench.job(job_id).state, bench.effects()) == ("done", [f"job/{job_id}"])


class TestAbandoned:
    def abandon(self, bench: Bench, job_id: int) -> None:
        """Claim a job as a worker does that dies at once."""

        def handler(_context: JobContext, _arguments: dict[str, Any]) -> None:
            raise Death

        bench.kinds["given"] = JobKind(handler)
        with bench.app.app_context(), pytest.raises(Death):
            bench.worker().run(job_id)

    def test_its_job_begins_again_when_the_lease_is_over(self, bench: Bench, time: Clock) -> None:
        job_id = bench.given(exactly_once)
        self.abandon(bench, job_id)

        assert bench.requeue() == 0, "the lease is not over"
        time.advance(seconds=LEASE_SECONDS + 1)
        assert [bench.requeue(), bench.requeue()] == [1, 0]

        bench.kinds["given"] = JobKind(exactly_once)
        bench.work()
        assert (bench.job(job_id).state, bench.job(job_id).losses) == ("done", 1)
        assert bench.effects() == [f"job/{job_id}"]

    def test_a_lost_attempt_is_no_failed_one(self, bench: Bench, time: Clock) -> None:
        attempts: list[int] = []
        job_id = bench.given(exactly_once)
        for _ in range(MAX_LOSSES - 1):
            self.abandon(bench, job_id)
            time.advance(seconds=LEASE_SECONDS + 1)
            bench.requeue()

        bench.kinds["given"] = JobKind(lambda context, _: attempts.append(context.attempt))
        bench.work()

        assert attempts == [1]

    def test_one_that_loses_its_worker_each_time_is_given_up(self, bench: Bench, time: Clock) -> None:
        job_id = bench.given(exactly_once)
        for _ in range(MAX_LOSSES):
            self.abandon(bench, job_id)
            bench.kinds["given"] = JobKind(
                exactly_once, lambda tx, _arguments, message: write_effect(tx, message)
            )
            time.advance(seconds=LEASE_SECONDS + 1)
            bench.requeue()

        message = f"its worker died {MAX_LOSSES} times while it worked on this"
        assert (bench.job(job_id).state, bench.job(job_id).error) == ("failed", message)
        assert bench.effects() == [message]
        assert bench.work() == 0

    def test_old_jobs_are_forgotten_and_others_are_not(self, bench: Bench, time: Clock) -> None:
        done, failed = bench.given(lambda *_: None), bench.enqueue("given")
        bench.work()
        time.advance(days=29)
        waiting = bench.enqueue("other")

        with bench.app.app_context():
            assert bench.recovery().forget_finished() == 0
            time.advance(days=2)
            assert bench.recovery().forget_finished() == 2

        assert bench.count(Job) == 1
        assert bench.job(waiting).state == "queued"
        assert {done, failed}.isdisjoint({waiting})


class TestHandedBack:
    def test_what_an_ending_process_works_on_begins_again_at_once(self, bench: Bench) -> None:
        def handler(context: JobContext, arguments: dict[str, Any]) -> None:
            worker.hand_back()
            exactly_once(context, arguments)

        job_id = bench.given(handler)
        with bench.app.app_context():
            worker = bench.worker()
            worker.run(job_id)

        job = bench.job(job_id)
        assert (job.state, job.attempts, job.losses) == ("queued", 0, 0)
        assert bench.effects() == [], "who has handed a job back commits nothing"
        bench.kinds["given"] = JobKind(exactly_once)
        assert bench.work() == 1


class TestHeartbeat:
    @pytest.fixture
    def threaded(self, make_app: MakeApp, tmp_path: Any) -> Bench:
        """A bench whose database serves several threads."""
        return Bench(make_app(DATABASE_URL=f"sqlite:///{tmp_path}/threads.db"), lease_seconds=0.3)

    @pytest.mark.local_store
    def test_a_long_job_keeps_its_lease(self, threaded: Bench) -> None:
        leases: set[datetime | None] = set()

        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            def renewed_twice() -> bool:
                leases.add(threaded.job(context.job_id).lease_expires_at)
                return len(leases) >= 3

            assert eventually(renewed_twice, 20)

        job_id = threaded.given(handler)
        threaded.work()

        assert threaded.job(job_id).state == "done"
        assert not [thread for thread in threading.enumerate() if thread.name == f"lease of job {job_id}"]


class TestCheck:
    def test_it_asks_the_database_once_a_second(
        self, bench: Bench, time: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def let_the_time_be(seconds: float) -> None:
            monkeypatch.setattr(clock, "monotonic", lambda: seconds)

        def handler(context: JobContext, _arguments: dict[str, Any]) -> None:
            let_the_time_be(100.0)
            context.check()
            time.advance(seconds=LEASE_SECONDS + 1)
            bench.requeue()
            let_the_time_be(100.5)
            context.check()
            let_the_time_be(101.5)
            with pytest.raises(LeaseLost):
                context.check()
            monkeypatch.undo()

        bench.given(handler)
        bench.work()
