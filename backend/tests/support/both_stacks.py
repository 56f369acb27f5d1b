"""The parameter that runs the unit tests of the service on real servers too: `--stack=both`.

A test in a folder of tests/unit that has an application runs on either, the very same function. What needs
no application runs once, as it would be the same twice; so does what looks into the directory of the local
store, and what ends before a database or a store is asked: whether a body, a header or a name is well
formed, what a token says, which type a file name means.
"""

from pathlib import Path

import pytest

from tests.support.apps import LOCAL

UNIT = Path(__file__).resolve().parents[1] / "unit"
SERVERS = pytest.param("servers", marks=pytest.mark.integration)
CHOICES: dict[str, list[object]] = {"local": [LOCAL], "servers": [SERVERS], "both": [LOCAL, SERVERS]}
ONE_STACK_IS_ENOUGH = ("local_store", "one_process", "same_everywhere")
# What stays on SQLite and the directory, and why.
ONLY_LOCAL = {
    "health": "damages a directory; tests/concurrency/test_outages.py does the same to real servers",
    "kit": "the applications of its tests have no endpoint of the service",
    "stores": "the applications of its tests have no endpoint of the service",
    "web": "the applications of its tests have no endpoint of the service",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests say on what."""
    told = "run the tests of tests/unit that have an application on this (default: %(default)s)"
    parser.addoption("--stack", choices=list(CHOICES), default=LOCAL, help=told)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each stack that is asked for, if it can be."""
    asked: str = metafunc.config.getoption("--stack")
    if asked != LOCAL and can_run_on_servers(metafunc.definition):
        metafunc.parametrize("stack_name", CHOICES[asked], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what servers are nothing to, if they alone are asked for."""
    if config.getoption("--stack") != "servers":
        return
    left_out = {
        item
        for item in items
        if item.path.is_relative_to(UNIT) and not item.get_closest_marker("integration")
    }
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def can_run_on_servers(item: pytest.Item) -> bool:
    """Tell whether a test has an application whose database and store can be exchanged."""
    if not item.path.is_relative_to(UNIT):
        return False
    folder, *below = item.path.relative_to(UNIT).parts
    fixtures = set(getattr(item, "fixturenames", ()))
    is_alone = any(item.get_closest_marker(name) for name in ONE_STACK_IS_ENOUGH)
    is_exchangeable = bool(fixtures & {"make_app", "app_with"}) and "blobs" not in fixtures
    return bool(below) and folder not in ONLY_LOCAL and is_exchangeable and not is_alone


@pytest.fixture
def stack_name(request: pytest.FixtureRequest) -> str:
    """On what the applications of this test stand."""
    return str(getattr(request, "param", LOCAL))
