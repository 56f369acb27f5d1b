"""Runs the tests behind the links in this folder on MySQL and S3 instead of SQLite and a directory.

The links lead to the folders of tests/unit, so both run the very same functions. What needs no application
is left out here, as it would be the same twice; so is what looks into the local store's directory.
"""

from collections.abc import Callable, Iterator
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
    fixtures = getattr(item, "fixturenames", ())
    return "make_app" in fixtures and item.get_closest_marker("local_store") is None


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A database and a bucket of this test process."""
    made = make_stack(backing().need("mysql"), backing().need("minio"))
    yield made
    made.destroy()


@pytest.fixture
def make_app(
    stack: Stack, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Callable[..., Flask]]:
    """Build applications over the empty database and bucket."""
    for server in ("mysql", "minio"):
        record_property("server", server)
    stack.clean()
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        environ = {
            **environment(".env.integration"),
            **stack.environ,
            "LOG_LEVEL": "ERROR",
            "DATA_DIR": str(tmp_path / f"data{len(made)}"),
            **changes,
        }
        app = create_app(Settings.from_env(environ))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
