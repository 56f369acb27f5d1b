"""A registry, to publish to and to install from."""

import pytest

from tests.support.node_registry import NodeRegistry
from tests.support.registry import Workshop


@pytest.fixture
def registry(shop: Workshop) -> NodeRegistry:
    """The registry of a private project."""
    return NodeRegistry(shop)
