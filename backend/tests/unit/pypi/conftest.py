"""An index, to publish to and to install from."""

import pytest

from tests.support.python_index import PythonIndex
from tests.support.registry import Workshop


@pytest.fixture
def index(shop: Workshop) -> PythonIndex:
    """The index of a private project."""
    return PythonIndex(shop)
