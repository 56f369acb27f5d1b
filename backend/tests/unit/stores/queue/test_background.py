"""The threads of a process that works: when they run, what they do, how they end."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.background import Bench, exactly_once
from tests.support.site import eventually
from wxcloudrun.jobs.service import work
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.periodic import TaskKind
from wxcloudrun.stores.queue.background import Background
from wxcloudrun.stores.queue.duties import Duties
from wxcloudrun.stores.queue.in_process import ProcessWakeUps
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.stores.queue.redis import RedisWakeUps
from wxcloudrun.wiring import background_of, start_background, stop_background
from wxcloudrun.wiring.background import duties

PATIENCE_SECONDS = 20
LOOK_SECONDS = 0.5  # by then every thread has looked for jobs once
Start = Callable[..., Background]


@pytest.fixture
def bench(make_app: MakeApp, tmp_path: Path) -> Bench:
    """A bench whose database serves several threads."""
    return Bench(make_app(DATABASE_URL=f"sqlite:///{tmp_path}/threads.db"))


@pytest.fixture
def start(bench: Bench) -> Iterator[Start]:
    """Let a process work on the jobs and tasks of the bench."""
    made: list[Background] = []

    def begin(wake_ups: WakeUps | None = None) -> Background:
        with bench.app.app_context():
            to_do = partial(duties, bench.worker(), bench.periodic())
            made.append(Background(wake_ups=wake_ups or ProcessWakeUps(), duties=to_do, threads=2))
            made[-1].start()
        return made[-1]

    yield begin
    for each in made:
        each.stop(PATIENCE_SECONDS)


def working_threads() -> set[str]:
    """Return the names of threads that work in the background."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith(("jobs-", "ticker", "task-", "lease of"))}


def test_building_an_application_starts_no_thread(app: Flask) -> None:
    assert background_of(app).is_running is False
    assert working_threads() == set()


def test_a_job_is_done_by_a_thread_that_was_woken(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "POLL_SECONDS", 3600)  # nobody looks a second time
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/woken.db")
    bench = Bench(app)
    start_background(app)
    try:
        time.sleep(LOOK_SECONDS)
        job_id = bench.enqueue("fsck")

        assert eventually(lambda: bench.job(job_id).state == "done", 20)
    finally:
        stop_background(app, PATIENCE_SECONDS)


def test_a_job_is_done_once(bench: Bench, start: Start) -> None:
    wake_ups = ProcessWakeUps()
    job_id = bench.given(exactly_once)
    for _ in range(3):
        wake_ups.ring(job_id)

    start(wake_ups)

    assert eventually(lambda: bench.job(job_id).state == "done", 20)
    assert eventually(lambda: wake_ups.wait(0) is None, 20)
    assert bench.effects() == [f"job/{job_id}"]


def test_a_message_that_names_no_job_stops_nobody(bench: Bench, start: Start) -> None:
    wake_ups = ProcessWakeUps()
    for number in (0, 10**6):
        wake_ups.ring(number)

    start(wake_ups)

    job_id = bench.given(exactly_once)
    wake_ups.ring(job_id)
    assert eventually(lambda: bench.job(job_id).state == "done", 20)


def test_a_failure_that_nobody_foresaw_ends_no_thread() -> None:
    done: list[int] = []

    def do_job(job_id: int) -> None:
        done.append(1 // job_id)

    def due_tasks() -> Sequence[str]:
        raise ZeroDivisionError

    wake_ups = ProcessWakeUps()
    surprising = Duties(
        do_job=do_job,
        next_job=lambda: None,
        due_tasks=due_tasks,
        do_task=lambda _name: None,
        hand_back=lambda: None,
    )
    background = Background(wake_ups=wake_ups, duties=lambda: surprising, threads=1)
    background.start()
    wake_ups.ring(0)
    wake_ups.ring(1)

    assert eventually(lambda: done == [1], 20)
    assert len(working_threads()) == 2
    background.stop(PATIENCE_SECONDS)


def test_a_job_is_found_for_which_nobody_was_woken(bench: Bench, start: Start) -> None:
    job_id = bench.given(exactly_once)

    start()

    assert eventually(lambda: bench.job(job_id).state == "done", 20)


def test_two_threads_do_two_jobs_at_once(bench: Bench, start: Start) -> None:
    both = threading.Barrier(2)
    ids = [bench.given(lambda *_: {"place": both.wait(20)}) for _ in range(2)]

    start()

    assert eventually(lambda: {bench.job(job_id).state for job_id in ids} == {"done"}, 20)


def test_a_task_that_hangs_does_not_stop_the_others(bench: Bench, start: Start) -> None:
    over, done = threading.Event(), threading.Event()
    bench.tasks["hangs"] = TaskKind(1, lambda: over.wait(20))
    bench.tasks["works"] = TaskKind(1, done.set)

    start()

    assert done.wait(20)
    over.set()


def test_starting_twice_is_starting_once(bench: Bench, start: Start) -> None:
    background = start()
    with bench.app.app_context():
        background.start()

    assert len([name for name in working_threads() if name.startswith("jobs-")]) == 2


def test_stopping_waits_for_what_is_being_done(bench: Bench, start: Start) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def handler(context: JobContext, arguments: dict[str, Any]) -> None:
        begun.set()
        go_on.wait(20)
        exactly_once(context, arguments)

    job_id = bench.given(handler)
    background = start()
    assert begun.wait(20)

    threading.Timer(0.2, go_on.set).start()
    background.stop(PATIENCE_SECONDS)

    assert bench.job(job_id).state == "done"
    assert working_threads() == set()
    assert background.is_running is False


def test_what_is_not_done_in_time_is_handed_back(bench: Bench, start: Start) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def handler(context: JobContext, arguments: dict[str, Any]) -> None:
        begun.set()
        go_on.wait(20)
        exactly_once(context, arguments)

    job_id = bench.given(handler)
    background = start()
    assert begun.wait(20)

    background.stop(0.1)

    job = bench.job(job_id)
    assert (job.state, job.attempts, job.losses) == ("queued", 0, 0)
    go_on.set()
    assert eventually(lambda: working_threads() == set(), 20)
    assert bench.effects() == []


def test_after_the_stop_nothing_is_begun(bench: Bench, start: Start) -> None:
    start().stop(PATIENCE_SECONDS)

    job_id = bench.given(exactly_once)

    assert working_threads() == set()
    assert bench.job(job_id).state == "queued"


def test_what_is_found_when_the_stop_is_over_is_not_begun() -> None:
    """Nobody would give it back, and its lease would have to run out."""
    looking, go_on, done = threading.Barrier(3), threading.Event(), list[object]()

    def find[T](found: T) -> T:
        looking.wait(20)
        go_on.wait(20)
        return found

    slow = Duties(
        do_job=done.append,
        next_job=lambda: find(7),
        due_tasks=lambda: find(("task",)),
        do_task=done.append,
        hand_back=lambda: None,
    )
    background = Background(wake_ups=ProcessWakeUps(), duties=lambda: slow, threads=1)
    background.start()
    looking.wait(20)

    background.stop(0.1)
    go_on.set()

    assert eventually(lambda: working_threads() == set(), 20)
    assert done == []


def test_the_application_has_its_own(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/own.db", JOB_THREADS="3")
    start_background(app)
    try:
        assert background_of(app).is_running
        assert len([name for name in working_threads() if name.startswith("jobs-")]) == 3
    finally:
        stop_background(app, PATIENCE_SECONDS)


def test_given_a_redis_that_cannot_be_reached_then_jobs_are_done_all_the_same(
    bench: Bench, start: Start
) -> None:
    ids = [bench.given(exactly_once) for _ in range(3)]

    start(RedisWakeUps("redis://127.0.0.1:1/0"))

    assert eventually(lambda: {bench.job(job_id).state for job_id in ids} == {"done"}, 20)
