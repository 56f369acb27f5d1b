"""A registry, to publish to and to install from."""

import pytest

from tests.support.node_registry import NodePackage, NodeRegistry
from tests.support.registry import Workshop


@pytest.fixture
def registry(shop: Workshop) -> NodeRegistry:
    """The registry of a private project."""
    return NodeRegistry(shop)


def upload(registry: NodeRegistry, package: NodePackage, **names: str) -> None:
    """Bring a package in by our own API."""
    shop = registry.shop
    name = f"npm:{package.name.replace('/', '~')}"
    shop.writer.post(f"/api/v1/project/{shop.project}/packages", {"name": name})
    url = shop.url(f"/upload/{package.filename}", package=name)
    shop.writer.put(url, package.data, query={"version": package.version, **names}).ok()
