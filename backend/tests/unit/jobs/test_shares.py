"""Jobs of one user keep nobody else waiting, and what may last leaves a thread for maintenance."""

from typing import Any

import pytest
from flask import Flask

from tests.support.background import Bench
from tests.support.builders import Person, person
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.work import Shares, WorkService


class Meeting:
    """A job that has others looked for while it is under way, as other threads would."""

    def __init__(self, bench: Bench, *, may_last: bool = False) -> None:
        self.bench = bench
        self.begun: list[str] = []
        self.together: list[tuple[str, ...]] = []
        self.under_way: list[str] = []
        self.worker: WorkService = bench.worker()
        bench.kinds |= {"slow": JobKind(self.work, may_last=may_last), "quick": JobKind(self.work)}

    def work(self, _context: JobContext, arguments: dict[str, Any]) -> None:
        """Be under way while every other thread looks for something to do."""
        self.under_way.append(arguments["of"])
        self.begun.append(arguments["of"])
        self.together.append(tuple(self.under_way))
        for job_id in self.worker.due(1):
            self.worker.run(job_id)
        self.under_way.remove(arguments["of"])


@pytest.fixture
def ada(app: Flask) -> Person:
    """Somebody with many slow jobs."""
    return person(app, "ada")


@pytest.fixture
def ben(app: Flask) -> Person:
    """Somebody else."""
    return person(app, "ben")


def test_given_twelve_slow_jobs_of_one_user_then_the_job_of_another_begins_beside_the_first_of_them(
    bench: Bench, app: Flask, ada: Person, ben: Person
) -> None:
    bench.shares = Shares(per_user=2, lasting=None)
    meeting = Meeting(bench)
    for _ in range(12):
        bench.enqueue("slow", {"of": "ada"}, actor=ada.actor)
    bench.enqueue("quick", {"of": "ben"}, actor=ben.actor)
    bench.enqueue("quick", {"of": "nobody"})

    with app.app_context():
        meeting.worker.run_due()

    assert set(meeting.begun[1:3]) == {"ben", "nobody"}
    assert max(group.count("ada") for group in meeting.together) == 2
    assert len(meeting.begun) == 14


def test_given_a_job_that_somebody_is_woken_for_when_its_user_has_enough_then_it_stays(
    bench: Bench, app: Flask, ada: Person
) -> None:
    bench.shares = Shares(per_user=1, lasting=None)
    meeting = Meeting(bench)
    first, second = (bench.enqueue("slow", {"of": "ada"}, actor=ada.actor) for _ in range(2))
    outcomes: list[bool] = []
    bench.kinds["slow"] = JobKind(lambda _context, _arguments: outcomes.append(meeting.worker.run(second)))

    with app.app_context():
        meeting.worker.run(first)

    assert outcomes == [False]
    assert bench.job(second).state == "queued"


def test_given_jobs_that_may_last_on_all_threads_but_one_then_only_others_begin(
    bench: Bench, app: Flask
) -> None:
    bench.shares = Shares(per_user=None, lasting=1)
    meeting = Meeting(bench, may_last=True)
    for of in ("one", "two"):
        bench.enqueue("slow", {"of": of})
    bench.enqueue("quick", {"of": "maintenance"})

    with app.app_context():
        meeting.worker.run_due()

    assert meeting.begun == ["one", "maintenance", "two"]
