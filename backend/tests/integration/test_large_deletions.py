"""A package, a project and a user with very many versions are deleted while people go on reading.

`LARGE_VERSIONS` says how many versions each of them has (150000 is what a statement of MySQL cannot delete).
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import pytest
from flask import Flask

from tests.support import crowds
from tests.support.apps import environment
from tests.support.backing import backing
from tests.support.client import ApiClient
from tests.support.databases import database_beside
from tests.support.inside import Inside
from tests.support.live import live_server
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit.db import db
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.tags.models import TagMove
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import RetiredVersion, Version

pytestmark = pytest.mark.slow

VERSIONS = int(os.environ.get("LARGE_VERSIONS", "6000"))
LONGEST_READ_SECONDS = 1.0
QUIET_SECONDS = 3.0
PATHS = (
    "/api/v1/project/other/box/+/stable", "/api/v1/project/other/box/+/version:1.0.0",
    "/api/v1/project/other/box/resolve?ref=latest", "/api/v1/project/other/box/versions",
    "/api/v1/projects", "/api/v1/packages?limit=20", "/api/v1/search?q=bo",
)  # fmt: skip
FORCE = {"force": "true"}


class Crowded(Inside):
    """A running service, and an application over the same database to put rows into it."""

    def __init__(
        self, app: Flask, root: ApiClient, record: Callable[[str, object], None] = lambda _name, _value: None
    ) -> None:
        super().__init__(app)
        self.root = root
        self.record = record


@pytest.fixture(scope="module", params=["sqlite", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database; nothing for the one that the service makes itself."""
    if request.param == "sqlite":
        yield ""
        return
    with database_beside(str(backing().need("mysql")["url"])) as url:
        yield url


@pytest.fixture(scope="module")
def running(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowded]:
    """A service on that database, with a package that is read all the time."""
    settings = {"DATABASE_URL": database} if database else {}
    with live_server(tmp_path_factory.mktemp("large"), **settings) as server:
        url = database or f"sqlite:///{server.data_dir / 'registry.db'}"
        environ = {**environment(".env.unit"), **server.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        app = create_app(Settings.from_env(environ))
        wish = {"name": "tests", "scopes": ["admin", "read", "write"]}
        key = server.administrator().post("/api/v1/auth/keys", wish).ok().data["key"]
        site = Crowded(app, server.client(str(key)))
        new_package(site, "other", "box")
        upload = "/api/v1/project/other/box/upload/a.bin"
        site.root.put(upload, b"bytes", query={"version": "1.0.0", "tag": "stable"}).ok()
        yield site
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def site(running: Crowded, database: str, record_property: Callable[[str, object], None]) -> Crowded:
    """The service; what a test measures goes into its report."""
    if database:
        record_property("server", "mysql")
    return Crowded(running.app, running.root, record_property)


def new_package(site: Crowded, project: str, package: str) -> int:
    """Make a project with a package through the service, and return the id of the package."""
    site.root.post("/api/v1/projects", {"name": project}).ok()
    site.root.post(f"/api/v1/project/{project}/packages", {"name": package}).ok()
    with site.app.app_context():
        return crowds.package_id(project, package)


class Reader:
    """Somebody who reads other things all the time."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.reads: list[tuple[float, str]] = []  # how long each took, in seconds
        self.failures: list[object] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(0.05):
            for path in PATHS:
                began_at = time.monotonic()
                answer = self._client.get(path)
                self.reads.append((time.monotonic() - began_at, path))
                if answer.status != 200:
                    self.failures.append((path, answer))


@contextmanager
def being_read(site: Crowded, what: str) -> Iterator[Callable[[], None]]:
    """Read all the time; yields what notes that the answer has come.

    No read may fail or take longer than it may, unless reads took that long before already.
    """
    with Reader(site.root) as before:
        time.sleep(QUIET_SECONDS)
    began_at, answered_after = time.monotonic(), [0.0]
    with Reader(site.root) as reader:
        yield lambda: answered_after.__setitem__(0, time.monotonic() - began_at)
    usual, (slowest, path) = max(before.reads)[0], max(reader.reads)
    figures = (
        f"{what}: answered after {answered_after[0]:.2f} s, all rows gone after"
        f" {time.monotonic() - began_at:.1f} s; {len(reader.reads)} reads, the slowest"
        f" {slowest * 1000:.0f} ms: {path} (before: {usual * 1000:.0f} ms)"
    )
    sys.stdout.write(f"\n{figures}\n")
    site.record("figures", figures)
    assert before.failures == reader.failures == []
    assert slowest < max(LONGEST_READ_SECONDS, 2 * usual), figures


def wait_for_erasure(site: Crowded) -> None:
    """Return when the last job that erases has ended well."""
    deadline = time.monotonic() + 60 + VERSIONS / 100
    while time.monotonic() < deadline:
        jobs = site.root.get("/api/v1/jobs?kind=erase").ok().items
        assert not [job for job in jobs if job["state"] == "failed"], jobs
        if jobs and all(job["state"] == "done" for job in jobs):
            return
        time.sleep(0.2)
    pytest.fail("the rows are still there")


def test_given_a_package_of_very_many_versions_then_it_goes_while_reads_go_on(site: Crowded) -> None:
    package = new_package(site, "tools", "hammer")
    before = site.count(RetiredVersion)
    with site.app.app_context():
        crowds.fill_package(package, VERSIONS, moves=VERSIONS // 10)

    with being_read(site, f"package of {VERSIONS} versions") as answered:
        assert site.root.delete("/api/v1/project/tools/packages/hammer", query=FORCE).status == 204
        answered()
        assert site.root.get("/api/v1/project/tools/hammer/versions").status == 404
        site.root.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
        upload, burnt = "/api/v1/project/tools/hammer/upload/a", f"1.0.{VERSIONS - 1}"
        taken = site.root.put(upload, b"other", query={"version": burnt})
        assert (taken.status, taken.reason) == (409, "version_taken")
        wait_for_erasure(site)

    for model in (Version, Upload, TagMove):
        assert site.count(model, model.package_id == package) == 0, model
    assert site.count(Package, Package.id == package) == 0
    assert site.count(RetiredVersion) == before + VERSIONS


def test_given_a_project_of_very_many_versions_then_it_goes_while_reads_go_on(site: Crowded) -> None:
    package = new_package(site, "workshop", "saw")
    before = site.count(RetiredVersion)
    with site.app.app_context():
        crowds.fill_package(package, VERSIONS // 2)
        crowds.fill_project("workshop", VERSIONS // 2)
        crowds.fill_members("workshop", VERSIONS // 10)
        project = crowds.project_id("workshop")

    with being_read(site, f"project of {VERSIONS} versions in {VERSIONS // 2 + 1} packages") as answered:
        assert site.root.delete("/api/v1/project/workshop", query=FORCE).status == 204
        answered()
        assert site.root.get("/api/v1/project/workshop").status == 404
        site.root.post("/api/v1/projects", {"name": "workshop"}).ok()
        wait_for_erasure(site)

    assert site.count(Package, Package.project_id == project) == 0
    assert site.count(Membership, Membership.project_id == project) == 0
    assert site.count(Project, Project.id == project) == 0
    assert site.count(RetiredVersion) == before + VERSIONS


def test_given_a_user_with_very_many_versions_then_they_go_while_reads_go_on(site: Crowded) -> None:
    body = {"username": "maker", "email": "maker@example.com"}
    maker = site.root.post("/api/v1/users", body).ok().data["id"]
    package = new_package(site, "works", "nail")
    with site.app.app_context():
        crowds.fill_package(package, VERSIONS, user_id=maker)
        crowds.fill_user(maker, VERSIONS // 3)
        crowds.fill_memberships(maker, VERSIONS // 10, co_owner=1)

    with being_read(site, f"user with {VERSIONS} versions, {VERSIONS // 3} sessions and keys") as answered:
        assert site.root.delete(f"/api/v1/users/{maker}").status == 204
        answered()
        assert site.root.get(f"/api/v1/users/{maker}").status == 404
        shown = site.root.get("/api/v1/project/works/nail/versions/1.0.1").ok().data
        assert shown["created_by"] is None
        wait_for_erasure(site)

    for model in (LoginSession, ApiKey, Membership):
        assert site.count(model, model.user_id == maker) == 0, model
    assert site.count(RefreshToken) <= 2, "those of the administrator"
    assert site.count(Version, Version.package_id == package) == VERSIONS
