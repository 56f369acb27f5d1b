"""What every test can ask for. Unit tests run on SQLite in memory and a directory of their own."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dotenv import dotenv_values
from flask import Flask

from tests.support import builders
from tests.support.builders import Person
from tests.support.client import ApiClient, sender
from tests.support.moments import Clock
from tests.support.registry import Workshop, workshop
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db

ROOT = Path(__file__).resolve().parents[2]
MARKERS = {
    "unit": "unit",
    "integration": "integration",
    "migrations": "migration",
    "concurrency": "concurrency",
}
MakeApp = Callable[..., Flask]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the folder that it stands in."""
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        if folder in MARKERS:
            item.add_marker(MARKERS[folder])


def environment(name: str) -> dict[str, str]:
    """Return the variables of one of the project's environment files."""
    values = dotenv_values(ROOT / name)
    return {key: value for key, value in values.items() if value is not None}


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Build applications with settings of their own, each over an empty database in memory."""
    made: list[Flask] = []

    def make(**changes: str) -> Flask:
        app = build_app(tmp_path / f"data{len(made)}", **changes)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def build_app(data_dir: Path, **changes: str) -> Flask:
    """Build an application over a fresh schema."""
    app = create_app(Settings.from_env({**environment(".env.unit"), "DATA_DIR": str(data_dir), **changes}))
    with app.app_context():
        db.metadata.create_all(db.engine)
    return app


@dataclass(frozen=True, slots=True)
class SharedApp:
    """One application for many tests, and the image of its empty database."""

    app: Flask
    empty: bytes

    def emptied(self) -> Flask:
        """Return the application as if it had just been made, which takes a millisecond."""
        with self.app.app_context():
            self.connection().deserialize(self.empty)
        blobs = Path(self.app.extensions["settings"].data_dir) / "blobs"
        shutil.rmtree(blobs, ignore_errors=True)
        for name in ("objects", "tmp"):
            (blobs / name).mkdir(parents=True)
        return self.app

    def connection(self) -> sqlite3.Connection:
        """Return the one connection that a database in memory has."""
        with contextlib.closing(db.engine.raw_connection()) as pooled:
            driver = pooled.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return driver


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    """The application that tests share which change none of its settings."""
    app = build_app(tmp_path_factory.mktemp("shared"))
    with app.app_context():
        empty = SharedApp(app, b"").connection().serialize()
    yield SharedApp(app, empty)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(shared_app: SharedApp) -> Flask:
    """The application, with nothing in it."""
    return shared_app.emptied()


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
def shop(client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """A private project with a package and a member of each role."""
    return workshop(client, make_person)


@pytest.fixture
def public_shop(client: ApiClient, make_person: Callable[..., Person]) -> Workshop:
    """The same in a public project."""
    return workshop(client, make_person, is_public=True)


@pytest.fixture
def blobs(app: Flask) -> Path:
    """The directory in which the application's finished objects lie."""
    return Path(app.extensions["settings"].data_dir) / "blobs" / "objects"


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time, in the hands of the test."""
    hands = Clock()
    monkeypatch.setattr(clock, "now", hands.now)
    return hands
