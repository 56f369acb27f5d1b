"""Workers that are killed while they build lose nothing: each release comes to its bytes, once."""

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.forked_workers import workers
from tests.support.nix import CATALOG, need_nix
from tests.support.site import Site, eventually, site
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.db import reading

RELEASES = "/api/v1/packages"
COUNT = int(os.environ.get("KILLED_WORKERS_RELEASES", "50"))
DEADLINE_SECONDS = 400  # other test processes may keep the machine busy
SETTINGS = {
    "EMBEDDED_WORKER": "off",
    "JOB_LEASE_SECONDS": "2",
    "NIX_CATALOG_DIR": str(CATALOG),
    "LOG_LEVEL": "ERROR",
}


@pytest.mark.slow
def test_given_workers_killed_at_random_then_every_release_is_downloaded_and_stored_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
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
        with workers(running.server.environ, 2) as pair:
            while (found := count_by_status(running)) != {"downloaded": COUNT}:
                assert time.monotonic() < deadline, (found, kills)
                wait_for_more(running, found["downloaded"])
                pair.kill_one()
                kills += 1

        record_property("kills", kills)
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


def wait_for_more(running: Site, downloaded: int) -> None:
    """Let a second pass; on a machine that is busy with other things some more, until a release is done."""
    time.sleep(1)
    eventually(lambda: count_by_status(running)["downloaded"] > downloaded, seconds=5)


def count_by_status(running: Site) -> Counter[str]:
    """Count the releases by where they stand."""
    items = running.admin.get(RELEASES, query={"project": "tools", "limit": 200}).ok().items
    return Counter(str(each["status"]) for each in items)
