"""Servers that integration tests share: one service on the local store for the whole session."""

from collections.abc import Iterator

import pytest

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import LiveServer, live_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service on SQLite and a local directory."""
    with live_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def admin_token(server: LiveServer) -> str:
    """An API key of the administrator, which lasts as long as the tests."""
    wish = {"name": "tests", "scopes": ["read", "write", "manage"]}
    return str(server.administrator().post("/api/v1/auth/keys", wish).ok().data["key"])


@pytest.fixture(scope="session")
def admin(server: LiveServer, admin_token: str) -> ApiClient:
    """The administrator."""
    return server.client(admin_token)


@pytest.fixture
def package_url(admin: ApiClient) -> str:
    """The URL of a fresh package in a fresh private project."""
    project, package = f"project-{next(numbers)}", f"package-{next(numbers)}"
    admin.post("/api/v1/projects", {"name": project}).ok()
    admin.post(f"/api/v1/project/{project}/packages", {"name": package}).ok()
    return f"/api/v1/project/{project}/{package}"
