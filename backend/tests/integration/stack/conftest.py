"""Runs the tests behind the links in this folder on MySQL and S3 instead of SQLite and a directory.

The links lead to the folders of tests/unit, so both run the very same functions. What needs no application
is left out here, as it would be the same twice; so is what looks into the local store's directory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import environment
from tests.support.backing import backing
from tests.support.stack import Stack, make_stack
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import db

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would not use the servers."""
    left_out = [item for item in items if item.path.is_relative_to(HERE) and not uses_servers(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def uses_servers(item: pytest.Item) -> bool:
    """Tell whether a test has an application whose database and store can be exchanged."""
    fixtures = set(getattr(item, "fixturenames", ()))
    is_local = "blobs" in fixtures or item.get_closest_marker("local_store") is not None
    return bool(fixtures & {"make_app", "shared_app"}) and not is_local


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A database and a bucket of this test process."""
    made = make_stack(backing().need("mysql"), backing().need("minio"))
    yield made
    made.destroy()


def build_app(stack: Stack, data_dir: Path, **changes: str) -> Flask:
    """Build an application over the database and the bucket."""
    # Without Redis the limits are counted in MySQL, which is emptied for each test.
    environ = {**environment(".env.integration"), **stack.environ, "LOG_LEVEL": "ERROR", "REDIS_URL": ""}
    return create_app(Settings.from_env({**environ, "DATA_DIR": str(data_dir), **changes}))


def let_go(app: Flask) -> None:
    """Close the connections of an application."""
    with app.app_context():
        db.engine.dispose()


@dataclass(frozen=True, slots=True)
class SharedStackApp:
    """One application for many tests, as the unit tests have it."""

    app: Flask
    stack: Stack

    def emptied(self) -> Flask:
        """Return the application as if it had just been made."""
        self.stack.clean()
        return self.app


@pytest.fixture(scope="session")
def shared_app(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedStackApp]:
    """The application that tests share which change none of its settings."""
    app = build_app(stack, tmp_path_factory.mktemp("stack"))
    yield SharedStackApp(app, stack)
    let_go(app)


@pytest.fixture
def make_app(stack: Stack, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Build applications with settings of their own over the emptied database and bucket."""
    stack.clean()
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        app = build_app(stack, tmp_path / f"data{len(made)}", **changes)
        made.append(app)
        return app

    yield make
    for app in made:
        let_go(app)


@pytest.fixture(autouse=True)
def _used_servers(record_property: Callable[[str, object], None]) -> None:
    """Let the summary count this test for both servers."""
    for server in ("mysql", "minio"):
        record_property("server", server)
