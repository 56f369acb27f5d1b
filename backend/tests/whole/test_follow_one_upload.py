"""The walk of one upload that the documents show is the walk that it takes."""

import inspect
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests.support.live import BACKEND
from tests.support.registry import Workshop
from wxcloudrun.kit.db import db

PACKAGE = BACKEND / "wxcloudrun"
MECHANISMS = (PACKAGE / "kit", PACKAGE / "audit")  # transactions and statements; the entry about a change
FIRST = "web/endpoint.py: call"
MOST_HOPS = 7
HOP = re.compile(r"^(?:\| |\d\. )`([\w/]+\.py: [\w.]+)`", re.MULTILINE)
WALKS = (
    ("README.md", "## Follow one upload"),
    ("README.zh-CN.md", "## 跟踪一次上传"),
    ("docs/architecture.md", "## One request, followed"),
)


def hop(code: CodeType) -> str | None:
    """Return a public function of ours as the documents write it; None for what is a step of one."""
    path = Path(code.co_filename)
    if not path.is_relative_to(PACKAGE) or any(path.is_relative_to(each) for each in MECHANISMS):
        return None
    is_step = any(part.startswith(("_", "<")) for part in code.co_qualname.split("."))
    return None if is_step else f"{path.relative_to(PACKAGE)}: {code.co_qualname}"


def way_here() -> tuple[str, ...]:
    """Return the hops from the row to whoever calls this."""
    frame, hops = inspect.currentframe(), list[str]()
    while frame is not None:
        name = hop(frame.f_code)
        if name is not None:
            hops.insert(0, name)
        frame = frame.f_back
    way = hops[hops.index(FIRST) :] if FIRST in hops else []
    return tuple(next(steps) for _, steps in itertools.groupby(way, file_of))


def file_of(hop: str) -> str:
    """Return in which file a hop is: whoever reads on in the same one has not hopped."""
    return hop.partition(":")[0]


@contextmanager
def watched(app: Flask) -> Iterator[set[tuple[str, ...]]]:
    """Collect the ways of all statements."""
    ways: set[tuple[str, ...]] = set()

    def note(*_: Any) -> None:
        ways.add(way_here())

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield ways
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def ways(app: Flask, shop: Workshop) -> set[tuple[str, ...]]:
    """The ways of all statements of an upload that makes a version and a tag."""
    url = f"/api/v1/project/{shop.project}/{shop.package}/upload/hammer-1.0.0.txt"
    with watched(app) as seen:
        assert shop.writer.put(url, b"hammer", query={"tag": "stable"}).ok().data["version"] == "1.0.0"
    return seen


def test_given_an_upload_then_no_statement_is_more_hops_away_than_it_may_be(
    ways: set[tuple[str, ...]],
) -> None:
    assert {way for way in ways if len(way) > MOST_HOPS} == set()


@pytest.mark.parametrize(("page", "heading"), WALKS)
def test_given_a_walk_in_a_document_then_an_upload_takes_it(
    ways: set[tuple[str, ...]], page: str, heading: str
) -> None:
    section = (BACKEND.parent / page).read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]

    walk = tuple(HOP.findall(section))
    assert len(walk) == MOST_HOPS
    assert walk in ways
