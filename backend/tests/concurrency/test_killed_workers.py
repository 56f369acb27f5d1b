"""Workers that are killed at work, and a Redis that is: every job is done, and exactly once."""

import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.support.background import Bench
from tests.support.backing import backing
from tests.support.client import ApiClient, sender
from tests.support.private_servers import PrivateServer, private_server
from tests.support.site import eventually
from tests.support.stack import Stack, make_stack
from tests.support.workers import Worker, workers
from tools.servers.redis import Redis
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.jobs.models import Job, PeriodicTask
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db, reading, transaction

JOBS = int(os.environ.get("KILLED_JOBS", "50"))
KILLS = int(os.environ.get("WORKER_KILLS", "4"))
KILL_SECONDS = 1.0
DONE_SECONDS = 120 + JOBS
LEASE_SECONDS = 2


@dataclass(slots=True)
class Plant:
    """A database and a queue, and an application beside the workers."""

    environ: dict[str, str]
    bench: Bench
    folder: Path

    def states(self) -> Counter[str]:
        """Count the jobs in each state."""
        with self.bench.app.app_context(), reading() as session:
            rows = session.execute(select(Job.state, func.count()).group_by(Job.state))
            return Counter({row[0]: row[1] for row in rows})

    def losses(self) -> int:
        """Count the attempts whose worker died."""
        with self.bench.app.app_context(), reading() as session:
            return int(session.execute(select(func.sum(Job.losses))).scalar_one())

    def hurry(self) -> bool:
        """Let abandoned jobs be looked for every second; False if no worker has made the row yet."""
        row = PeriodicTask.name == "requeue-jobs"
        values = {"interval_seconds": 1, "next_run_at": clock.now()}
        with self.bench.app.app_context(), transaction() as tx:
            if tx.session.execute(select(PeriodicTask).where(row)).first() is None:
                return False
            tx.session.execute(update(PeriodicTask).where(row).values(values))
        return True


@contextlib.contextmanager
def plant_with(folder: Path, **settings: str) -> Iterator[Plant]:
    """Build an application over data that is there or not."""
    environ = {"DATA_DIR": str(folder / "data"), "JOB_LEASE_SECONDS": str(LEASE_SECONDS), **settings}
    app = create_app(Settings.from_env({**environ, "LOG_LEVEL": "ERROR"}))
    with app.app_context():
        db.metadata.create_all(db.engine)
    yield Plant(environ, Bench(app), folder)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A database and a bucket of this file."""
    made = make_stack(backing().need("mysql"), backing().need("minio"))
    yield made
    made.destroy()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateServer]:
    """A Redis of the test's own."""
    with private_server(Redis, tmp_path) as running:
        yield running


@pytest.fixture
def plant(
    stack: Stack, redis: PrivateServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Plant]:
    """An empty plant on MySQL and Redis."""
    stack.clean()
    for server in ("mysql", "redis"):
        record_property("server", server)
    with plant_with(tmp_path, REDIS_URL=str(redis.description["url"]), **stack.environ) as made:
        yield made


@pytest.fixture
def small_plant(tmp_path: Path) -> Iterator[Plant]:
    """An empty plant on SQLite, where workers look for jobs themselves."""
    with plant_with(tmp_path) as made:
        yield made


def kill_at_random(running: list[Worker], times: int, *, is_over: Callable[[], bool]) -> None:
    """Every second kill one of the workers that work, and start it again."""
    choice = random.Random()
    while times and not is_over():
        time.sleep(KILL_SECONDS)
        ready = [worker for worker in running if worker.is_ready()]
        if ready:
            victim = choice.choice(ready)
            victim.kill()
            victim.start()
            times -= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plant", "small_plant"])
def test_given_workers_killed_at_random_then_each_job_is_done_exactly_once(
    request: pytest.FixtureRequest, kind: str
) -> None:
    plant: Plant = request.getfixturevalue(kind)

    def all_done() -> bool:
        return plant.states() == {"done": JOBS}

    with workers(2, plant.folder, plant.environ) as running:
        assert eventually(plant.hurry, 20)
        ids = [plant.bench.enqueue("slow") for _ in range(JOBS)]

        kill_at_random(running, KILLS, is_over=all_done)

        assert eventually(all_done, DONE_SECONDS), (plant.states(), plant.losses())
    effects = [effect for effect in plant.bench.effects() if effect.startswith("job/")]
    assert sorted(effects) == sorted(f"job/{job_id}" for job_id in ids)
    assert plant.losses() > 0, "nobody was killed at work: this has shown nothing"


def test_given_two_workers_then_a_periodic_task_is_done_by_one_of_them_each_time(plant: Plant) -> None:
    began_at = time.monotonic()

    def tallies() -> list[str]:
        return [effect for effect in plant.bench.effects() if effect.startswith("tally/")]

    with workers(2, plant.folder, plant.environ) as running:
        assert eventually(lambda: len(tallies()) >= 4, 30)
        assert [worker.end() for worker in running] == [0, 0]
    elapsed_seconds = time.monotonic() - began_at

    row = plant.bench.task("tally")
    assert (row.runs, row.errors) == (len(tallies()), 0)
    assert row.runs <= elapsed_seconds + 1, "more often than once a second"


def test_given_a_redis_that_dies_and_comes_back_then_jobs_go_on(plant: Plant, redis: PrivateServer) -> None:
    client = ApiClient(sender(plant.bench.app))

    with workers(1, plant.folder, plant.environ) as (worker,):
        woken = plant.bench.enqueue("slow")
        assert eventually(lambda: plant.bench.job(woken).state == "done", 20)

        redis.kill()
        alone = [plant.bench.enqueue("slow") for _ in range(3)]
        assert client.get("/api/ready").data["down"] == ["queue"]
        assert eventually(lambda: {plant.bench.job(each).state for each in alone} == {"done"}, 30)
        assert worker.events("queue_unavailable_workers_poll")

        redis.revive()
        assert eventually(lambda: client.get("/api/ready").status == 200, 20)
        again = plant.bench.enqueue("slow")
        assert eventually(lambda: plant.bench.job(again).state == "done", 20)
        assert worker.process.poll() is None
        assert len(worker.events("queue_unavailable_workers_poll")) <= 2, "said once a minute, not each time"
