"""Metrics of a real server: several workers, one that dies, a restart, and a port of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.builders import content
from tests.support.client import ApiClient
from tests.support.exposition import difference, scraped
from tests.support.live import LiveServer, free_port, live_server, start, stop, wait_until_ready
from tests.support.site import eventually

WORKERS = 3
READY = 'registry_requests_total{method="GET",route="/api/ready",status="200"}'
HEALTH = 'registry_requests_total{method="GET",route="/api/health",status="200"}'
FILE_BYTES = 3_000_000
SECONDS = 30


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service with three workers, whose metrics have a port of their own."""
    settings = {"WORKERS": str(WORKERS), "METRICS_PORT": str(free_port())}
    with live_server(tmp_path_factory.mktemp("several"), **settings) as running:
        yield running


@pytest.fixture
def collector(several: LiveServer) -> ApiClient:
    """Whoever collects the metrics."""
    return at_metrics_port(several)


def at_metrics_port(server: LiveServer) -> ApiClient:
    """Return a client of the metrics' own port."""
    there = LiveServer(
        int(server.environ["METRICS_PORT"]), server.data_dir, server.environ, server.process, server.log
    )
    return there.client()


def workers_of(server: LiveServer) -> list[psutil.Process]:
    """Return the worker processes."""
    return psutil.Process(server.process.pid).children()


def metrics_folder(server: LiveServer) -> Path:
    """Return where the workers write their metrics."""
    written = [Path(file.path) for worker in workers_of(server) for file in worker.open_files()]
    return next(path.parent for path in written if path.parent.name.startswith("registry-metrics-"))


def test_given_several_workers_then_whoever_is_asked_adds_up_all(
    several: LiveServer, collector: ApiClient
) -> None:
    before = scraped(collector)

    for _ in range(60):  # each on a connection of its own, so that they spread
        several.client().get("/api/health").ok()

    after = [scraped(collector) for _ in range(10)]
    assert {difference(before, each)[HEALTH] for each in after} == {60}
    assert len(list(metrics_folder(several).glob("counter_*.db"))) > 1, "more than one has counted"


def test_given_a_port_of_their_own_then_metrics_are_there_alone(
    several: LiveServer, collector: ApiClient
) -> None:
    assert several.client().get("/metrics").status == 404
    assert several.client().get("/metrics", headers={"Host": collector_host(several)}).status == 404
    assert collector.get("/api/health").status == 404
    assert collector.get("/api/v1/projects").status == 404


def collector_host(server: LiveServer) -> str:
    """Return what a Host header would have to say."""
    return f"127.0.0.1:{server.environ['METRICS_PORT']}"


def test_given_a_worker_that_is_killed_then_its_counts_stay_and_its_connections_go(
    several: LiveServer, collector: ApiClient
) -> None:
    for _ in range(30):
        several.client().get("/api/ready").ok()
    before = scraped(collector)
    victim = next(each for each in workers_of(several) if opened_connections(several, each))
    open_before = opened_connections(several, victim)
    assert open_before

    victim.kill()

    assert eventually(lambda: not opened_connections(several, victim), SECONDS)
    assert eventually(lambda: len(workers_of(several)) == WORKERS, SECONDS)
    assert scraped(collector)[READY] >= before[READY] >= 30


def opened_connections(server: LiveServer, worker: psutil.Process) -> list[Path]:
    """Return the file in which a living worker notes its open connections."""
    return list(metrics_folder(server).glob(f"gauge_livesum_{worker.pid}.db"))


def test_given_a_restart_then_the_counts_begin_anew_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with live_server(tmp_path / "server", WORKERS="1") as server:
        for _ in range(5):
            server.client().get("/api/health").ok()
        assert scraped(server.client())[HEALTH] == 5
        first_folder = metrics_folder(server)

        stop(server.process)
        assert not first_folder.exists()
        server.process = start(server.environ, server.log)
        wait_until_ready(server)

        assert HEALTH not in scraped(server.client())
        assert metrics_folder(server) != first_folder


def test_given_a_file_that_the_kernel_sends_then_its_bytes_are_counted(
    several: LiveServer, collector: ApiClient
) -> None:
    admin = several.administrator()
    admin.post("/api/v1/projects", {"name": "p"}).ok()
    admin.post("/api/v1/project/p/packages", {"name": "box"}).ok()
    data = content(FILE_BYTES)
    before = scraped(collector)
    admin.put("/api/v1/project/p/box/upload/a.bin", data, query={"tag": "stable"}).ok()
    came = difference(before, scraped(collector))
    before = scraped(collector)

    whole = admin.get("/api/v1/project/p/box/+/stable").ok()
    part = admin.get("/api/v1/project/p/box/+/stable", headers={"Range": "bytes=0-999999"}).ok()

    went = difference(before, scraped(collector))
    assert (whole.body, part.body) == (data, data[:1_000_000])
    assert came["registry_received_bytes_total"] == FILE_BYTES
    assert FILE_BYTES + 1_000_000 <= went["registry_sent_bytes_total"] < FILE_BYTES + 1_200_000


def test_the_folder_can_be_read_by_its_owner_only(several: LiveServer) -> None:
    assert metrics_folder(several).stat().st_mode & 0o077 == 0
    assert metrics_folder(several).stat().st_uid == os.getuid()
