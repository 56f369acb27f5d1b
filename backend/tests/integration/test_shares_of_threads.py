"""The threads of one process, while somebody's slow sources would take all of them."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.apps import MakeApp
from tests.support.builders import content, sha256
from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.site import eventually
from tests.support.tls_files import FileServer, TlsExchange, body, file_server
from wxcloudrun.jobs.models import Job, JobState
from wxcloudrun.wiring import start_background, stop_background

SLOW_SOURCES, PER_USER = 12, 2
SECONDS = 20  # what takes a second or two, on a machine that does other things as well
FILE = content(10_000)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    """The server of the sources."""
    with file_server(tmp_path) as running:
        yield running


@pytest.fixture
def world(make_app: MakeApp, files: FileServer, tmp_path: Path) -> Iterator[Inside]:
    """A service that works in the background, as a server process does."""
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/threads.db", **files.settings())
    start_background(app)
    yield Inside(app)
    stop_background(app, SECONDS)


def ask_for(client: ApiClient, project: str, version: str, url: str) -> str:
    """Ask for a release from a source, and return where it is."""
    source = {"type": "url", "url": url, "sha256": sha256(FILE)}
    wanted = {"name": "tool", "version": version, "project": project, "source": source}
    return f"/api/v1/packages/{client.post('/api/v1/packages', wanted).ok().data['id']}"


def test_given_twelve_slow_sources_of_one_user_then_others_and_the_collector_go_on_beside_them(
    world: Inside, files: FileServer
) -> None:
    let_go = threading.Event()

    def slow(exchange: TlsExchange) -> None:
        let_go.wait(SECONDS * 6)
        body(FILE)(exchange)

    people = {name: world.as_person(name) for name in ("ada", "ben")}
    admin = world.as_person("admin", is_admin=True)
    for name, client in people.items():
        client.post("/api/v1/projects", {"name": f"of-{name}"}).ok()
    url = files.gives("/slow.bin", slow)
    theirs = [ask_for(people["ada"], "of-ada", f"1.0.{number}", url) for number in range(SLOW_SOURCES)]
    try:
        assert eventually(lambda: len(files.seen) == PER_USER, SECONDS)

        quick = files.gives("/quick.bin", body(FILE))
        his = ask_for(people["ben"], "of-ben", "1.0.0", quick)
        chore = f"/api/v1/jobs/{admin.post('/api/v1/maintenance/collect').ok().data['id']}"

        assert eventually(lambda: status(people["ben"], his) == "downloaded", SECONDS)
        assert eventually(lambda: admin.get(chore).ok().data["state"] == "done", SECONDS)
        assert world.count(Job, Job.state == JobState.RUNNING) == PER_USER
        assert {status(people["ada"], each) for each in theirs} == {"created"}
    finally:
        let_go.set()

    assert eventually(lambda: {status(people["ada"], each) for each in theirs} == {"downloaded"}, SECONDS * 3)


def status(client: ApiClient, release: str) -> Any:
    """Return where a release stands."""
    return client.get(release).ok().data["status"]
