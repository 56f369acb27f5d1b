"""Runs the tests behind the links in this folder on MySQL, S3 and Redis, on two instances of the service.

Every request of a test goes to the other instance than the one before it. They share the servers and
nothing else, as two machines do.
The links lead to the folders of tests/unit, so both run the very same functions. What needs no application
is left out here, as it would be the same twice; so is what looks into the local store's directory, and what
ends before a database or a store is asked: whether a body, a header or a name is well formed, what a token
says, which type a file name means.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import AppWith, environment, let_go
from tests.support.backing import backing
from tests.support.client import take_turns
from tests.support.moments import Clock
from tests.support.shared_app import SharedApp
from tests.support.stack import Stack, make_stack
from tests.support.stack_contents import StackContents
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit import clock

HERE = Path(__file__).parent
SERVERS = ("mysql", "minio", "redis")
ONE_STACK_IS_ENOUGH = ("local_store", "one_process", "same_everywhere")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would not use the servers."""
    here = f"{HERE}/"
    left_out = {item for item in items if str(item.path).startswith(here) and not uses_servers(item)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def uses_servers(item: pytest.Item) -> bool:
    """Tell whether a test has an application whose database and store can be exchanged."""
    fixtures = set(getattr(item, "fixturenames", ()))
    is_alone = any(item.get_closest_marker(name) for name in ONE_STACK_IS_ENOUGH)
    return bool(fixtures & {"make_app", "app_with"}) and "blobs" not in fixtures and not is_alone


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A database, a bucket and a Redis of this test process."""
    made = make_stack(*(backing().need(name) for name in SERVERS))
    yield made
    made.destroy()


def build_pair(stack: Stack, data_dir: Path, **changes: str) -> list[Flask]:
    """Build two instances over the same servers; requests to the first go to both in turn."""
    environ = {**environment(".env.integration"), **stack.environ, "LOG_LEVEL": "ERROR"}
    apps = [
        create_app(Settings.from_env({**environ, "DATA_DIR": str(data_dir / name), **changes}))
        for name in ("one", "other")
    ]
    take_turns(*apps)
    return apps


@pytest.fixture(scope="session")
def app_with(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppWith]:
    """Hand out the applications that tests share: the same two for the same settings, emptied."""
    made: list[Flask] = []
    shared: dict[frozenset[tuple[str, str]], SharedApp] = {}

    def emptied(**changes: str) -> Flask:
        settings = frozenset(changes.items())
        if settings not in shared:
            stack.clean()
            apps = build_pair(stack, tmp_path_factory.mktemp("stack"), **changes)
            made.extend(apps)
            shared[settings] = SharedApp(apps[0], StackContents(stack, apps))
        return shared[settings].emptied()

    yield emptied
    let_go(made)


@pytest.fixture
def make_app(stack: Stack, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Build applications with settings of their own over the emptied database and bucket."""
    stack.clean()
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        apps = build_pair(stack, tmp_path / f"data{len(made)}", **changes)
        made.extend(apps)
        return apps[0]

    yield make
    let_go(made)


class SharedTime(Clock):
    """Time in the hands of a test, at the servers that keep their own as well."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._stack = stack

    def advance(self, **by: float) -> None:
        """Let time pass."""
        super().advance(**by)
        if self._stack.redis is not None:
            self._stack.redis.let_pass(timedelta(**by))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Clock:
    """The time, in the hands of the test."""
    hands = SharedTime(stack)
    monkeypatch.setattr(clock, "now", hands.now)
    return hands


@pytest.fixture(autouse=True)
def _used_servers(record_property: Callable[[str, object], None]) -> None:
    """Let the summary count this test for the servers."""
    for server in SERVERS:
        record_property("server", server)
