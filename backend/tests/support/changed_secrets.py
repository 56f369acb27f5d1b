"""The service before and after its secrets were changed."""

from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask

from tests.support.apps import MakeApp


class Start(Protocol):
    """Starts the service again over the same database, with other secrets."""

    def __call__(self, secret: str, previous: str | None = None) -> Flask:
        """Return the application; `previous` is the secret before."""


@pytest.fixture
def start(make_app: MakeApp, tmp_path: Path) -> Start:
    """Start it over one file of SQLite."""

    def start(secret: str, previous: str | None = None) -> Flask:
        url = f"sqlite:///{tmp_path / 'registry.db'}"
        settings: dict[str, Any] = {"DATABASE_URL": url, "API_KEY_SECRET": secret, "DATA_DIR": str(tmp_path)}
        return make_app(**settings, **({"API_KEY_PREVIOUS_SECRET": previous} if previous else {}))

    return start
