"""An application with a few endpoints of its own, on which the machinery shows what it does."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask, Response, current_app

from tests.support.apps import build_app, let_go
from tests.support.builders import person
from tests.support.client import ApiClient, sender
from tests.support.logged import Log
from tests.support.shared_app import LocalContents, SharedApp
from wxcloudrun.kit.errors import AppError, Conflict
from wxcloudrun.kit.paging import Page
from wxcloudrun.kit.texts import text
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.failures import Face
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import Input, Output, Query
from wxcloudrun.web.protocol_refusals import error_object, problem

SECRET = "hunter2-in-a-trace"
SHELF = "tests: the shelf"


class ThingIn(Input):
    """A body with every kind of field."""

    name: str
    count: int = 0
    ratio: float = 0.0
    is_good: bool = False
    parts: tuple[str, ...] = ()


class OptionalIn(Input):
    """A body that may be left out."""

    name: str = "nobody"


class ThingQuery(Query):
    """A query with a text and a number."""

    name: str = "nobody"
    count: int = 0


class RowQuery(PageQuery):
    """A list with a filter."""

    colour: str | None = None


class RowOut(Output):
    """One row."""

    value: int | str


class Shelf:
    """Rows that tests may add to while somebody turns the pages."""

    def __init__(self) -> None:
        self.numbers = list(range(1, 8))
        self.words = ["a", "b", "c"]


def echo(body: ThingIn | OptionalIn) -> Response:
    """What was understood."""
    return ok(body.model_dump())


def echo_query(query: ThingQuery) -> Response:
    """What was understood."""
    return ok(query.model_dump())


def nothing() -> Response:
    """Nothing."""
    return ok()


def fail() -> Response:
    """A mistake of ours."""
    raise ZeroDivisionError(SECRET)


def refuse() -> Response:
    """A refusal with facts and a header."""
    raise Conflict(text("not like this"), existing="a", offered="b", headers={"X-Why": "because"})


def refuse_untold() -> Response:
    """A refusal of a kind that has no slug of its own."""
    raise AppError(text("something is missing"))


def numbers(query: RowQuery) -> Response:
    """The numbers on the shelf."""
    wanted = pages.requested(query, int)
    on_shelf = sorted(current_app.extensions[SHELF].numbers)
    rows = [each for each in on_shelf if wanted.after is None or each > wanted.after]
    return pages.answer(Page.cut(rows, wanted.limit, lambda row: row), lambda row: RowOut(value=row))


def words(query: PageQuery) -> Response:
    """The words on the shelf."""
    wanted = pages.requested(query, str)
    on_shelf = sorted(current_app.extensions[SHELF].words)
    rows = [each for each in on_shelf if wanted.after is None or each > wanted.after]
    return pages.answer(Page.cut(rows, wanted.limit, lambda row: row), lambda row: RowOut(value=row))


endpoint = partial(Endpoint, caller=Caller.ANYONE, scope=None)
ROWS = [
    endpoint("POST", "/things", echo, "echo", "", body=ThingIn),
    endpoint("POST", "/optional", echo, "echo_optional", "", body=OptionalIn),
    endpoint("GET", "/query", echo_query, "echo_query", "", query=ThingQuery),
    endpoint("GET", "/lax", echo_query, "lax", "", query=ThingQuery, any_query=True),
    endpoint("GET", "/nothing", nothing, "nothing", ""),
    endpoint("GET", "/fails", fail, "fail", ""),
    endpoint("GET", "/refuses", refuse, "refuse", ""),
    endpoint("GET", "/untold", refuse_untold, "untold", ""),
    endpoint("GET", "/numbers", numbers, "numbers", "", query=RowQuery),
    endpoint("GET", "/more-numbers", numbers, "more_numbers", "", query=RowQuery),
    endpoint("GET", "/words", words, "words", "", query=PageQuery),
]
FACE_PROBES = {
    "probe_problem": (
        [
            endpoint("GET", "/refuses", refuse, "refuse_problem", ""),
            Endpoint("GET", "/known", nothing, "known_problem", ""),
        ],
        Face("/probe-problem", problem, 'Basic realm="probe"'),
    ),
    "probe_error": (
        [
            endpoint("GET", "/refuses", refuse, "refuse_error", ""),
            Endpoint("GET", "/known", nothing, "known_error", ""),
        ],
        Face("/probe-error", error_object, 'Bearer realm="probe"'),
    ),
}


@pytest.fixture(scope="session")
def shared_probe(quick_directory: Path) -> Iterator[SharedApp]:
    """The application with the endpoints of this file added, which the tests share."""
    place = quick_directory / "probe"
    app = build_app(place / "data", LOG_LEVEL="INFO")
    app.register_blueprint(blueprint("probe", "/probe", ROWS))
    for name, (rows, face) in FACE_PROBES.items():
        app.register_blueprint(blueprint(name, face.root, rows, refusals=face))
    yield SharedApp(app, LocalContents(app, place / "images"))
    let_go([app])


@pytest.fixture
def shelf() -> Shelf:
    """The rows of the lists."""
    return Shelf()


@pytest.fixture
def probe(shared_probe: SharedApp, shelf: Shelf) -> Flask:
    """The application with the endpoints of this file, with nothing in it."""
    app = shared_probe.emptied()
    app.extensions[SHELF] = shelf
    return app


@pytest.fixture
def probe_owner(probe: Flask, probing: ApiClient) -> ApiClient:
    """A client of somebody who is known there."""
    return probing.as_(person(probe, "owner").token)


@pytest.fixture
def log(probe: Flask) -> Log:
    """The log of that application."""
    del probe
    return Log()


@pytest.fixture
def probing(probe: Flask) -> ApiClient:
    """A client of that application."""
    return ApiClient(sender(probe))
