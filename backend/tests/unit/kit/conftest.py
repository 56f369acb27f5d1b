"""An application over a database in a file, which other connections can lock and damage."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.logged import Log


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database file lies."""
    return tmp_path / "registry.db"


@pytest.fixture
def on_file(make_app: MakeApp, database: Path) -> Iterator[Flask]:
    """The application over a database in a file."""
    app = make_app(DATABASE_URL=f"sqlite:///{database}")
    with app.app_context():
        yield app


@pytest.fixture
def log() -> Log:
    """The log of the application that was made before it."""
    return Log()
