"""An application over an empty database, and ways to be somebody in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import db

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Build applications with settings of their own, each over an empty database in memory."""
    made = []

    def make(**changes: str) -> Flask:
        environ = {"DATABASE_URL": "sqlite:///:memory:", "DATA_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
        app = create_app(Settings.from_env({**environ, **changes}))
        with app.app_context():
            db.metadata.create_all(db.engine)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that keeps no cookies."""
    return app.test_client(use_cookies=False)
