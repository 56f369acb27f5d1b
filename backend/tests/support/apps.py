"""Where the applications of a test come from: SQLite and a directory, unless the test is run on servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dotenv import dotenv_values
from flask import Flask

from tests.support.moments import Clock
from tests.support.quick_schema import make_tables
from tests.support.shared_app import LocalContents, SharedApp
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import db

ROOT = Path(__file__).resolve().parents[3]

LOCAL = "local"  # the stack on which tests run unless they are told otherwise

MakeApp = Callable[..., Flask]
AppWith = Callable[..., Flask]


class Apps(Protocol):
    """Builds applications over one kind of database and store."""

    def shared(self, **changes: str) -> Flask:
        """Return the application with these settings that tests share, with nothing in it."""

    def own(self, data_dir: Path, **changes: str) -> Flask:
        """Build an application for one test."""

    def clear(self) -> None:
        """Let the first application that a test builds for itself find nothing."""

    def clock(self) -> Clock:
        """Return the time as a test has it in its hands."""

    def close(self) -> None:
        """Let everything go."""


class LocalApps:
    """Applications over a database in memory and a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: list[Flask] = []
        self._shared: dict[frozenset[tuple[str, str]], SharedApp] = {}

    def shared(self, **changes: str) -> Flask:
        """Return the application with these settings that tests share, with nothing in it."""
        settings = frozenset(changes.items())
        if settings not in self._shared:
            place = self._directory / str(len(self._made))
            app = self.own(place / "data", **changes)
            self._made.append(app)
            self._shared[settings] = SharedApp(app, LocalContents(app, place / "images"))
        return self._shared[settings].emptied()

    def own(self, data_dir: Path, **changes: str) -> Flask:
        """Build an application over a schema of its own."""
        return build_app(data_dir, **changes)

    def clear(self) -> None:
        """Each application has a database of its own."""

    def clock(self) -> Clock:
        """Nothing here has a clock but the process."""
        return Clock()

    def close(self) -> None:
        """Close the connections."""
        let_go(self._made)


def environment(name: str) -> dict[str, str]:
    """Return the variables of one of the project's environment files."""
    values = dotenv_values(ROOT / name)
    return {key: value for key, value in values.items() if value is not None}


def build_app(data_dir: Path, **changes: str) -> Flask:
    """Build an application over a fresh schema."""
    app = create_app(Settings.from_env({**environment(".env.unit"), "DATA_DIR": str(data_dir), **changes}))
    make_tables(app)
    return app


def let_go(apps: list[Flask]) -> None:
    """Close the connections of these applications."""
    for app in apps:
        with app.app_context():
            db.engine.dispose()
