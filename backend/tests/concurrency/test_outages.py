"""MySQL or an S3 server dead or silent: a quick 503 that says so, and all as before when it is back."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.backing import backing
from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.private_servers import PrivateServer, private_server
from tests.support.site import Site, eventually, site
from tests.support.soak import soaking, summary
from tests.support.stack import SECRETS, make_stack
from tools.servers.databases import MySQL
from tools.servers.object_stores import MinIO, SeaweedFS

# While a server starts, the driver forgets sockets that nobody answered.
pytestmark = pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning")

ANSWER_SECONDS = 5.0
RECOVERY_SECONDS = 15.0
KILLS = int(os.environ.get("OUTAGES", "1"))
SMALL, LARGE = content(50_000, 1), content(20 * 1024 * 1024, 2)
DOWN_NAMES = {"mysql": "database", "minio": "blob_store"}


@dataclass(slots=True)
class Fragile:
    """A service whose servers may be harmed."""

    site: Site
    servers: dict[str, PrivateServer]
    package: str


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    """A service on a MySQL and a MinIO of its own."""
    home = tmp_path_factory.mktemp("servers")
    with private_server(MySQL, home) as mysql, private_server(MinIO, home) as minio:
        environ = {
            **SECRETS,
            "DATABASE_URL": str(mysql.description["url"]),
            "BLOB_STORE": "minio",
            "MINIO_ENDPOINT": str(minio.description["endpoint"]),
            "MINIO_ACCESS_KEY": str(minio.description["access_key"]),
            "MINIO_SECRET_KEY": str(minio.description["secret_key"]),
            "MINIO_BUCKET": "registry",
        }
        with site(home / "data", **environ) as running:
            package = running.new_package("fragile")
            running.admin.put(f"{package}/upload/kept.bin", SMALL, query={"tag": "kept"}).ok()
            yield Fragile(running, {"mysql": mysql, "minio": minio}, package)


def timed(call: Callable[[], Answer]) -> tuple[int, float]:
    """Return the status of an answer, whose envelope has been checked, and how long it took."""
    began = time.monotonic()
    answer = call()
    return answer.status, time.monotonic() - began


@pytest.mark.parametrize("how", ["killed", "frozen"])
@pytest.mark.parametrize("name", ["mysql", "minio"])
def test_given_a_server_down_then_503_within_five_seconds_and_recovery_by_itself(
    fragile: Fragile, record_property: Callable[[str, object], None], name: str, how: str
) -> None:
    record_property("server", name)
    site, server, url = fragile.site, fragile.servers[name], fragile.package
    calls: dict[str, Callable[[], Answer]] = {
        "ready": lambda: site.admin.get("/api/ready"),
        "list": lambda: site.admin.get(f"{url}/tags"),
        "download": lambda: site.admin.get(f"{url}/+/kept"),
        "upload": lambda: site.admin.put(f"{url}/upload/new.bin", SMALL + b"x", query={"tag": "new"}),
        "upload in parts": lambda: site.admin.put(f"{url}/upload/large.bin", LARGE),
    }

    server.kill() if how == "killed" else server.freeze()
    try:
        with ThreadPoolExecutor(len(calls)) as pool:
            answers = dict(zip(calls, pool.map(timed, calls.values()), strict=True))
        down = site.admin.get("/api/ready").data.get("down")
        alive = timed(lambda: site.admin.get("/api/health"))
    finally:
        server.revive() if how == "killed" else server.thaw()

    expected = dict.fromkeys(calls, 503) | ({"list": 200} if name == "minio" else {})
    assert {what: status for what, (status, _) in answers.items()} == expected
    slowest = max(answers.values(), key=lambda each: each[1])
    assert slowest[1] < ANSWER_SECONDS, answers
    assert down == [DOWN_NAMES[name]]
    assert alive[0] == 200
    assert alive[1] < 1
    assert eventually(lambda: site.admin.get("/api/ready").status == 200, RECOVERY_SECONDS)
    assert site.admin.get(f"{url}/+/kept").body == SMALL
    answer = site.admin.put(f"{url}/upload/new.bin", SMALL + how.encode(), query={"tag": "new"}).ok()
    assert answer.data["artifact_id"] == sha256(SMALL + how.encode())


def killed_under_load(site: Site, server: PrivateServer) -> None:
    """Kill a server while everybody is at work, bring it back, and look whether anything is missing."""

    def kill_and_revive() -> None:
        for _ in range(KILLS):
            time.sleep(1.5)
            server.kill()
            time.sleep(0.5)
            server.revive()
            assert eventually(lambda: site.admin.get("/api/ready").status == 200, RECOVERY_SECONDS)

    with soaking(site, tolerant=True) as soak:
        soak.run(1.5, kill_and_revive)

    assert soak.statuses["upload", 200] > 5, summary(soak)
    assert soak.statuses["upload", 503] + soak.statuses["download", 503] > 0, summary(soak)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mysql", "minio"])
def test_given_a_server_killed_under_load_and_back_then_no_acknowledged_upload_is_lost(
    fragile: Fragile, record_property: Callable[[str, object], None], name: str
) -> None:
    record_property("server", name)
    killed_under_load(fragile.site, fragile.servers[name])


def test_given_an_outage_in_the_past_then_one_sweep_leaves_nothing_that_no_row_names(
    fragile: Fragile,
) -> None:
    fragile.site.sweep_after_hours()

    assert fragile.site.fsck().findings == []
    assert fragile.site.keys() == fragile.site.artifact_keys()


@pytest.mark.slow
def test_given_a_second_kind_of_s3_server_killed_under_load_and_back_then_the_same_holds(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "seaweedfs")
    with private_server(SeaweedFS, tmp_path) as server:
        stack = make_stack(backing().need("mysql"), server.description)
        with site(tmp_path / "data", **stack.environ) as running:
            killed_under_load(running, server)
        stack.destroy()
