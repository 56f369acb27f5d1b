"""A bench whose kinds of jobs a test decides."""

import pytest
from flask import Flask

from tests.support.background import Bench


@pytest.fixture
def bench(app: Flask) -> Bench:
    """A bench on the shared application."""
    return Bench(app)
