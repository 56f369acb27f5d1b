"""Which processes work in the background: server processes unless there is Redis, and `flask worker`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.support.backing import backing
from tests.support.client import ApiClient
from tests.support.live import BACKEND, LiveServer, free_port, live_server, stop
from tests.support.site import eventually
from tests.support.workers import STOP_SECONDS, Worker

DONE_SECONDS = 60


def starts(log: Path) -> list[int]:
    """Return the processes that have begun to work in the background."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [entry["pid"] for entry in map(json.loads, lines) if entry["event"] == "background_started"]


def asked_for(admin: ApiClient) -> str:
    """Ask for a check and return where its job is."""
    return f"/api/v1/jobs/{admin.post('/api/v1/maintenance/fsck').ok().data['id']}"


def state(admin: ApiClient, job: str) -> Any:
    """Return how a job stands."""
    return admin.get(job).ok().data["state"]


def test_by_default_the_servers_own_processes_do_what_is_asked_for(server: LiveServer) -> None:
    admin = server.administrator()
    job = asked_for(admin)

    assert eventually(lambda: state(admin, job) == "done", DONE_SECONDS)
    assert admin.get(job).ok().data["result"]["objects"] >= 0
    master = psutil.Process(server.process.pid)
    assert set(starts(server.log)) <= {child.pid for child in master.children()}


def test_with_redis_a_worker_of_its_own_does_it_and_ends_when_it_is_told(
    tmp_path: Path, record_property: Any
) -> None:
    record_property("server", "redis")
    redis = str(backing().need("redis")["url"])
    with live_server(tmp_path, REDIS_URL=redis, WORKERS="1") as server:
        admin = server.administrator()
        job = asked_for(admin)
        assert (starts(server.log), state(admin, job)) == ([], "queued")

        worker = Worker(server.environ, tmp_path / "worker.log", app="wsgi")
        worker.start()
        try:
            assert eventually(lambda: state(admin, job) == "done", DONE_SECONDS)
            assert worker.end() == 0
        finally:
            worker.process.kill()
        assert worker.events("background_stopped")
        assert starts(server.log) == []


def test_a_signal_that_comes_while_a_worker_begins_to_wait_ends_it(server: LiveServer) -> None:
    command = [sys.executable, "-m", "flask", "worker"]
    for _ in range(4):
        worker = subprocess.Popen(command, cwd=BACKEND, env=server.environ, stderr=subprocess.PIPE)
        try:
            assert worker.stderr is not None
            assert any(b"background_started" in line for line in worker.stderr)
            worker.send_signal(signal.SIGINT)
            with worker.stderr:
                assert worker.wait(STOP_SECONDS) == 0
        finally:
            worker.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="no linux: threads are counted in /proc")
def test_the_parent_process_of_the_development_reloader_starts_nothing(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "dev.log"
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PORT": str(port),
        "DATA_DIR": str(tmp_path / "data"),
        "ADMIN_PASSWORD": "an administrator's password",
    }
    flask = [sys.executable, "-m", "flask"]
    done = subprocess.run([*flask, "init"], cwd=BACKEND, env=environ, check=True, capture_output=True)
    assert b"background_started" not in done.stderr + done.stdout, "commands start nothing either"
    with log.open("ab") as output:
        parent = subprocess.Popen([*flask, "dev"], cwd=BACKEND, env=environ, stdout=output, stderr=output)
    try:
        assert eventually(lambda: is_healthy(port) and bool(starts(log)), DONE_SECONDS), log.read_text()
        process = psutil.Process(parent.pid)
        (child,) = process.children()
        assert starts(log) == [child.pid]
        assert process.num_threads() == 1
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in psutil.Process(parent.pid).children():
                each.kill()
        stop(parent)


def is_healthy(port: int) -> bool:
    """Tell whether a server answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/api/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False
