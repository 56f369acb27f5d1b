"""A worker whose kinds of jobs a test decides."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.background import Bench


@pytest.fixture
def bench(app: Flask) -> Bench:
    """A bench on the shared application."""
    return Bench(app)


@pytest.fixture
def make_bench() -> Callable[[Flask], Bench]:
    """Make benches on applications of a test's own."""
    return Bench
