"""Two instances of the service on one MySQL, one MinIO and one Redis: any request may go to either of them.

The API tests with `--stack=servers` alternate between two applications in one process. These here run
two servers, over sockets, of which one dies.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.backing import backing
from tests.support.builders import content
from tests.support.client import Answer, ApiClient
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer, live_server, start, wait_until_ready
from tests.support.site import HASTE, Site, site
from tests.support.soak import soaking, summary
from tests.support.stack import Stack, make_stack

SERVERS = ("mysql", "minio", "redis")
LOGIN, ME = "/api/v1/auth/login", "/api/v1/auth/me"


@dataclass(slots=True)
class Pair:
    """One instance with what tests do beside it, and another one."""

    first: Site
    second: LiveServer
    stack: Stack

    def kill_second(self) -> None:
        """kill -9 the second instance."""
        first = self.first
        Site(self.second, first.app, first.token).kill()

    def revive_second(self) -> None:
        """Start it again."""
        self.second.process = start(self.second.environ, self.second.log)
        wait_until_ready(self.second)

    def alternating(self, token: str | None = None) -> ApiClient:
        """Return a client whose requests go to both in turn."""
        turns = itertools.cycle([self.first.server.client(), self.second.client()])

        def send(method: str, path: str, **options: Any) -> Answer:
            return next(turns).request(method, path, **options)

        return ApiClient(send, token)

    def new_user(self) -> dict[str, str]:
        """Make somebody and return their credentials."""
        credentials = {"email": f"ada{time.monotonic_ns()}@example.com", "password": "a long password"}
        self.first.server.client().post("/api/v1/auth/register", credentials).ok()
        return credentials


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two instances on the same MySQL, MinIO and Redis."""
    stack = make_stack(*(backing().need(name) for name in SERVERS))
    folders = [tmp_path_factory.mktemp("instance") for _ in range(2)]
    with contextlib.ExitStack() as both:
        first = both.enter_context(site(folders[0], **stack.environ))
        second = both.enter_context(live_server(folders[1], **{**HASTE, **stack.environ}))
        yield Pair(first, second, stack)
    stack.destroy()


@pytest.fixture(autouse=True)
def _used_servers(record_property: Callable[[str, object], None]) -> None:
    for server in SERVERS:
        record_property("server", server)


@pytest.fixture(autouse=True)
def _nothing_is_counted(pair: Pair) -> None:
    """Begin without failures that other tests have left."""
    assert pair.stack.redis is not None
    pair.stack.redis.clean()


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


def test_given_failed_logins_at_both_then_they_are_counted_together_even_when_one_has_died(
    pair: Pair,
) -> None:
    credentials = pair.new_user()
    client = pair.alternating()
    wrong = {**credentials, "password": "not the password"}

    failures = [client.post(LOGIN, wrong).status for _ in range(10)]
    refused = [client.post(LOGIN, credentials) for _ in range(2)]
    pair.kill_second()
    pair.revive_second()
    afterwards = pair.second.client().post(LOGIN, credentials)

    assert failures == [401] * 10, "five at each"
    assert [each.status for each in (*refused, afterwards)] == [429, 429, 429]
    assert 0 < int(afterwards.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("how", ["a key is revoked", "its owner is deactivated", "its owner logs out"])
def test_given_a_credential_that_ends_at_one_instance_then_the_other_refuses_its_next_request(
    pair: Pair, how: str
) -> None:
    credentials = pair.new_user()
    login = pair.first.server.client().post(LOGIN, credentials).ok().data
    here = pair.first.server.client(login["access_token"])
    key = here.post("/api/v1/auth/keys", {"name": "k"}).ok().data
    token = login["access_token"] if how == "its owner logs out" else key["key"]
    there = pair.second.client(token)
    there.get(ME).ok()

    if how == "a key is revoked":
        here.delete(f"/api/v1/auth/keys/{key['id']}").ok()
    elif how == "its owner logs out":
        here.post("/api/v1/auth/logout").ok()
    else:
        administrator = pair.first.server.administrator()
        administrator.patch(f"/api/v1/users/{login['user']['id']}", {"is_active": False}).ok()

    assert there.get(ME).status == 401


def test_given_a_day_at_the_registry_then_it_does_not_matter_which_instance_answers(pair: Pair) -> None:
    client = pair.alternating(pair.first.token)
    project = f"alternating-{time.monotonic_ns()}"
    client.post("/api/v1/projects", {"name": project}).ok()
    client.post(f"/api/v1/project/{project}/packages", {"name": "package"}).ok()
    package = f"/api/v1/project/{project}/package"
    versions = [f"1.0.{number}" for number in range(6)]

    for number, version in enumerate(versions):
        data = content(20_000, number)
        query = {"version": version, "tag": "stable"}
        first = client.put(f"{package}/upload/a.bin", data, query=query, headers={"Idempotency-Key": version})
        again = client.put(f"{package}/upload/a.bin", data, query=query, headers={"Idempotency-Key": version})
        assert first.ok().data["id"] == again.ok().data["id"]
        assert client.put(f"{package}/upload/b.bin", data + b"x", query={"version": version}).status == 409
        assert client.get(f"{package}/+/stable").body == data
        assert client.get(f"{package}/+/latest").body == data

    assert {each["version"] for each in client.get(f"{package}/versions").ok().items} == set(versions)
    listed = client.all_items(f"{package}/uploads", limit=1)
    assert [each["version"] for each in listed] == versions[::-1], "a cursor is good at the other instance"


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
    def kill_and_revive() -> None:
        time.sleep(2)
        pair.kill_second()
        time.sleep(1)
        pair.revive_second()

    clients = [pair.first.admin, pair.second.client(pair.first.token)]
    with soaking(pair.first, tolerant=True, clients=clients) as soak:
        soak.run(2, kill_and_revive)

    assert soak.statuses["connection lost", 0] > 0, summary(soak)
    assert {status for _, status in soak.statuses} <= {0, 200, 204, 404}, summary(soak)
    assert soak.statuses["upload", 200] > 10, summary(soak)
