"""What every test can ask for. Unit tests run on SQLite in memory and a directory of their own."""

import gc
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support import builders
from tests.support.apps import LOCAL, Apps, AppWith, LocalApps, MakeApp, let_go
from tests.support.builders import Person
from tests.support.client import ApiClient, sender
from tests.support.moments import Clock
from tests.support.quick_passwords import remembered_verifications
from tests.support.quick_routes import remembered_builders
from tests.support.registry import Workshop, workshop
from tests.support.server_apps import SERVERS, ServerApps
from tests.support.shared_app import once
from wxcloudrun.kit import clock

pytest_plugins = (
    "tests.support.copies",
    "tests.support.logins",
    "tests.support.both_stacks",
    "tests.support.changed_secrets",
)

MARKERS = {
    "unit": "unit",
    "whole": "unit",
    "integration": "integration",
    "migrations": "migration",
    "concurrency": "concurrency",
}
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 512 * 1024 * 1024  # a container has 64 MB there unless it is told otherwise
# What takes half a minute or more by itself goes first, so that no worker is left alone with it at the end.
LONG = (
    "integration/test_docs.py",
    "concurrency/test_outages.py",
    "integration/test_fuzz.py",
    "integration/test_large_deletions.py",
    "concurrency/test_account_races.py",
    "concurrency/test_soak.py",
    "concurrency/test_killed_server.py",
    "integration/test_backup.py",
    "concurrency/test_two_instances.py",
    "concurrency/test_killed_workers.py",
    "concurrency/test_release_races.py",
)
GARBAGE_THRESHOLD = 100_000  # fifty times what Python has by itself


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start: a shell's background job ignores it, and so would its children.

    Until all tests are collected, nothing is garbage and the collector has nothing to find.
    """
    gc.disable()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the folder that it stands in, and put first what takes long."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in MARKERS and not item.get_closest_marker("integration"):
            item.add_marker(MARKERS[folder])
    order = {here / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported and collected, which lives as long as the process.

    Tests leave little behind that only it can free, so it may look less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 50, 100)
    gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Show a failure when it happens: whoever stops a run that takes too long keeps what it has found."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        told = f"\nfailed: {report.nodeid} ({report.when})\n{report.longreprtext}"
        print(told, file=sys.stderr, flush=True)  # noqa: T201  # that is what it is for


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged from WARNING on, whatever the application that this worker built last is set to."""
    caplog.set_level(logging.WARNING)
    return caplog


@pytest.fixture(scope="session", autouse=True)
def _what_takes_long_is_done_once() -> Iterator[None]:
    """Logging somebody in and writing routes cost time, which tests need not pay again and again."""
    with remembered_verifications(), remembered_builders():
        yield


@pytest.fixture(scope="session")
def local_apps(quick_directory: Path) -> Iterator[LocalApps]:
    """Applications on SQLite and a directory."""
    apps = LocalApps(quick_directory)
    yield apps
    apps.close()


@pytest.fixture(scope="session")
def server_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerApps]:
    """Applications on real servers."""
    apps = ServerApps(tmp_path_factory.mktemp("servers"))
    yield apps
    apps.close()


@pytest.fixture
def apps(
    stack_name: str, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Apps:
    """Where the applications of this test come from."""
    if stack_name == LOCAL:
        local: LocalApps = request.getfixturevalue("local_apps")
        return local
    for server in SERVERS:
        record_property("server", server)  # the summary counts this test for it
    on_servers: ServerApps = request.getfixturevalue("server_apps")
    return on_servers


@pytest.fixture
def make_app(apps: Apps, tmp_path: Path) -> Iterator[MakeApp]:
    """Build applications with settings of their own, the first of which finds nothing."""
    made: list[Flask] = []
    apps.clear()

    def make(**changes: str) -> Flask:
        made.append(apps.own(tmp_path / f"data{len(made)}", **changes))
        return made[-1]

    yield make
    let_go(made)


@pytest.fixture
def app_with(apps: Apps) -> AppWith:
    """Hand out the applications that tests share: the same one for the same settings, emptied.

    A test that changes more of an application than its data makes its own with `make_app`.
    """
    return apps.shared


@pytest.fixture(scope="session")
def quick_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory in memory where there is room for one: the store writes through to the disk."""
    if not os.access(IN_MEMORY, os.W_OK) or shutil.disk_usage(IN_MEMORY).free < ROOM_BYTES:
        yield tmp_path_factory.mktemp("shared")
        return
    with tempfile.TemporaryDirectory(prefix="registry-tests-", dir=IN_MEMORY) as name:
        yield Path(name)


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """The application, with nothing in it."""
    return app_with()


@pytest.fixture
def client(app: Flask) -> ApiClient:
    """An anonymous client of the application."""
    return ApiClient(sender(app))


@pytest.fixture
def make_person(app: Flask) -> Callable[..., Person]:
    """Make users of the application."""

    def make(name: str, *, is_admin: bool = False) -> Person:
        return builders.person(app, name, is_admin=is_admin)

    return make


@pytest.fixture
def administrator(client: ApiClient, make_person: Callable[..., Person]) -> ApiClient:
    """A client of an administrator, who alone makes again what was deleted."""
    return client.as_(make_person("administrator", is_admin=True).token)


@pytest.fixture
def shop(app: Flask, client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """A private project with a package and a member of each role."""
    return once(app, "shop", lambda: workshop(client, make_person))


@pytest.fixture
def public_shop(app: Flask, client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """The same in a public project."""
    return once(app, "public shop", lambda: workshop(client, make_person, is_public=True))


@pytest.fixture
def blobs(app: Flask) -> Path:
    """The directory in which the application's finished objects lie."""
    return Path(app.extensions["settings"].data_dir) / "blobs" / "objects"


@pytest.fixture
def time(apps: Apps, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time, in the hands of the test."""
    hands = apps.clock()
    monkeypatch.setattr(clock, "now", hands.now)
    return hands
