"""Workers that are killed while they build lose nothing: each release comes to its bytes, once."""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.live import BACKEND
from tests.support.nix import CATALOG, need_nix
from tests.support.site import Site, site
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.db import reading

RELEASES = "/api/v1/packages"
COUNT = int(os.environ.get("KILLED_WORKERS_RELEASES", "50"))
DEADLINE_SECONDS = 180
SETTINGS = {
    "EMBEDDED_WORKER": "off",
    "JOB_LEASE_SECONDS": "2",
    "NIX_CATALOG_DIR": str(CATALOG),
    "LOG_LEVEL": "ERROR",
}


class Workers:
    """Two worker processes, of which one may be killed at any time."""

    def __init__(self, running: Site) -> None:
        self._site = running
        self._log = (running.server.data_dir / "workers.log").open("ab")
        self._processes = [self._start(), self._start()]

    def kill_one(self) -> None:
        """kill -9 one of them and start another in its place."""
        number = random.randrange(len(self._processes))
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start()

    def end(self) -> None:
        """End both."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "flask", "worker"]
        return subprocess.Popen(
            command, cwd=BACKEND, env=self._site.server.environ, stdout=self._log, stderr=self._log
        )


@contextlib.contextmanager
def two_workers(running: Site) -> Iterator[Workers]:
    """Run two workers until the block ends."""
    workers = Workers(running)
    try:
        yield workers
    finally:
        workers.end()


@pytest.mark.slow
def test_given_workers_killed_at_random_then_every_release_is_downloaded_and_stored_once(
    tmp_path: Path,
) -> None:
    need_nix()
    with site(tmp_path, **SETTINGS) as running:
        running.server.administrator().patch("/api/v1/tasks/requeue-jobs", {"interval_seconds": 1}).ok()
        running.admin.post("/api/v1/projects", {"name": "tools"}).ok()
        body: dict[str, Any] = {"name": "hello", "project": "tools", "source": {"type": "nix"}}
        for number in range(COUNT):
            running.admin.post(RELEASES, {**body, "version": f"1.0.{number}"}).ok()

        kills = 0
        deadline = time.monotonic() + DEADLINE_SECONDS
        with two_workers(running) as workers:
            while (found := count_by_status(running)) != {"downloaded": COUNT}:
                assert time.monotonic() < deadline, (found, kills)
                time.sleep(1)
                workers.kill_one()
                kills += 1

        assert kills > 0
        releases = running.admin.get(RELEASES, query={"project": "tools", "limit": 200}).ok().items
        digests = {each["artifact_id"] for each in releases}
        assert len(digests) == COUNT, "each version is a build of its own"
        with running.app.app_context(), reading() as session:
            assert session.execute(select(func.count()).select_from(Artifact)).scalar_one() == COUNT
        running.sweep_after_hours()
        assert running.keys() == running.artifact_keys(), "what killed workers have left is swept"
        assert running.fsck().counts == {}
        body_of_first = running.admin.get("/api/v1/project/tools/hello/+/version:1.0.0").ok().body
        assert b"hello-1.0.0" in body_of_first


def count_by_status(running: Site) -> Counter[str]:
    """Count the releases by where they stand."""
    items = running.admin.get(RELEASES, query={"project": "tools", "limit": 200}).ok().items
    return Counter(str(each["status"]) for each in items)
