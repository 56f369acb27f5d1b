"""The same shared service as the integration tests use, and services on each stack that tests may harm."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.conftest import admin, admin_token, package_url, server
from tests.support.site import Site, site
from tests.support.stack import settings_on

__all__ = ["admin", "admin_token", "package_url", "server", "stacked"]

STACKS = (pytest.param("local", id="sqlite+local"), pytest.param("minio", id="mysql+s3"))


@pytest.fixture(scope="module", params=STACKS)
def shared_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service on SQLite and a directory, then one on MySQL and MinIO."""
    with settings_on(request.param) as settings, site(tmp_path_factory.mktemp("site"), **settings) as running:
        yield running


@pytest.fixture
def stacked(
    request: pytest.FixtureRequest, shared_stack: Site, record_property: Callable[[str, object], None]
) -> Site:
    """The service, counted for the servers that it uses."""
    if "mysql" in request.node.callspec.id:
        record_property("server", "mysql")
        record_property("server", "minio")
    return shared_stack
