"""Two instances of the service on one database and one store: any request may go to either of them."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.backing import backing
from tests.support.builders import content
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer, live_server, start, wait_until_ready
from tests.support.site import HASTE, Site, site
from tests.support.soak import soaking, summary
from tests.support.stack import make_stack


@dataclass(slots=True)
class Pair:
    """One instance with what tests do beside it, and another one."""

    first: Site
    second: LiveServer


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two instances on the same MySQL and MinIO."""
    stack = make_stack(backing().need("mysql"), backing().need("minio"))
    folders = [tmp_path_factory.mktemp("instance") for _ in range(2)]
    with contextlib.ExitStack() as both:
        first = both.enter_context(site(folders[0], **stack.environ))
        second = both.enter_context(live_server(folders[1], **{**HASTE, **stack.environ}))
        yield Pair(first, second)
    stack.destroy()


@pytest.fixture(autouse=True)
def _used_servers(record_property: Callable[[str, object], None]) -> None:
    record_property("server", "mysql")
    record_property("server", "minio")


def test_given_a_login_at_one_instance_then_it_counts_at_the_other_until_it_is_revoked_there(
    pair: Pair,
) -> None:
    credentials = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    answer = pair.first.server.client().post("/api/v1/auth/login", credentials).ok()
    here = pair.first.server.client(str(answer.data["access_token"]))
    there = pair.second.client(str(answer.data["access_token"]))
    assert there.get("/api/v1/auth/me").ok().data["email"] == ADMIN_EMAIL

    there.post("/api/v1/auth/logout").ok()

    assert here.get("/api/v1/auth/me").status == 401
    refresh = {"refresh_token": answer.data["refresh_token"]}
    assert pair.first.server.client().post("/api/v1/auth/refresh", refresh).status == 401


def test_given_an_upload_at_one_instance_then_the_other_serves_deduplicates_and_deletes_it(
    pair: Pair,
) -> None:
    package = pair.first.new_package(f"pair-{time.monotonic_ns()}")
    there = pair.second.client(pair.first.token)
    data = content(300_000, 7)
    pair.first.admin.put(f"{package}/upload/a.bin", data, query={"tag": "a"}).ok()

    assert there.get(f"{package}/+/a").body == data
    again = there.put(f"{package}/upload/b.bin", data, query={"tag": "b"}).ok()
    assert (again.data["deduplicated"], again.data["ref_count"]) == (True, 2)
    there.request("DELETE", f"{package}/tags/a").ok()
    assert pair.first.admin.get(f"{package}/+/a").status == 404


@pytest.mark.slow
def test_given_requests_that_alternate_when_one_instance_is_killed_and_started_again_then_nothing_is_lost(
    pair: Pair,
) -> None:
    victim = Site(pair.second, pair.first.app, pair.first.store, pair.first.admin, pair.first.token)

    def kill_and_revive() -> None:
        time.sleep(2)
        victim.kill()
        time.sleep(1)
        pair.second.process = start(pair.second.environ, pair.second.log)
        wait_until_ready(pair.second)

    clients = [pair.first.admin, pair.second.client(pair.first.token)]
    with soaking(pair.first, tolerant=True, clients=clients) as soak:
        soak.run(2, kill_and_revive)

    assert soak.statuses["connection lost", 0] > 0, summary(soak)
    assert {status for _, status in soak.statuses} <= {0, 200, 204, 404}, summary(soak)
    assert soak.statuses["upload", 200] > 10, summary(soak)
