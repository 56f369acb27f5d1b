"""The same shared service as the integration tests use, and services on each stack that tests may harm."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.conftest import admin, admin_token, package_url, server
from tests.support.backing import backing
from tests.support.site import Site, site
from tests.support.stack import make_stack

__all__ = ["admin", "admin_token", "package_url", "server", "stacked"]

STACKS = ("sqlite+local", "mysql+s3")


@pytest.fixture(scope="module", params=STACKS)
def shared_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service on SQLite and a directory, then one on MySQL and MinIO."""
    data_dir = tmp_path_factory.mktemp("site")
    if request.param == "sqlite+local":
        with site(data_dir) as running:
            yield running
        return
    stack = make_stack(backing().need("mysql"), backing().need("minio"))
    with site(data_dir, **stack.environ) as running:
        yield running
    stack.destroy()


@pytest.fixture
def stacked(
    request: pytest.FixtureRequest, shared_stack: Site, record_property: Callable[[str, object], None]
) -> Site:
    """The service, counted for the servers that it uses."""
    if "mysql" in request.node.callspec.id:
        record_property("server", "mysql")
        record_property("server", "minio")
    return shared_stack
