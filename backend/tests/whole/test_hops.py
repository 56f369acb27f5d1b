"""How many hops lead from a route to the SQL, or to the bytes, as the architecture page says it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.client import ApiClient
from tests.support.live import BACKEND
from tests.support.registry import Workshop
from tests.whole.test_follow_one_upload import MOST_HOPS, watched, way_here
from wxcloudrun.stores.blobs.local import LocalBlobStore

PAGE = BACKEND.parent / "docs" / "architecture.md"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*[^ |]) \| (\d+) \|$", re.MULTILINE)
LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}

type Request = Callable[[Workshop], Any]


def log_in(shop: Workshop) -> None:
    """Log in as somebody who is known."""
    shop.anonymous.post("/api/v1/auth/login", LOGIN).ok()


def download(shop: Workshop) -> None:
    """Download some bytes of what a range of versions means."""
    shop.reader.get(shop.url("/+/version:^1"), headers={"Range": "bytes=0-2"})


def create_release(shop: Workshop) -> None:
    """Create a release that has to be obtained."""
    body = {"name": shop.package, "project": shop.project, "version": "3.0.0", "source": {"type": "nix"}}
    shop.writer.post("/api/v1/packages", body).ok()


REQUESTS: dict[str, Request] = {
    "upload_raw": lambda shop: shop.upload(b"hammer", version="1.0.1", tag="stable").ok(),
    "download": download,
    "log_in": log_in,
    "create_release": create_release,
}


@pytest.fixture
def ready(shop: Workshop, client: ApiClient) -> Workshop:
    """A package with a version, and somebody who can log in."""
    shop.upload(b"hammer", version="1.0.0").ok()
    client.post("/api/v1/auth/register", LOGIN).ok()
    return shop


def told(what: str) -> dict[str, int]:
    """Return the hops that the page tells, by operation."""
    return {row[0]: int(row[2]) for row in ROW.findall(PAGE.read_text(encoding="utf-8")) if row[1] == what}


def test_given_the_page_then_it_tells_of_each_request() -> None:
    assert (set(told("SQL")), set(told("the bytes"))) == (set(REQUESTS), {"upload_raw"})


@pytest.mark.parametrize("operation", REQUESTS)
def test_given_a_request_then_no_statement_is_further_away_than_the_page_says(
    app: Flask, ready: Workshop, operation: str
) -> None:
    with watched(app) as ways:
        REQUESTS[operation](ready)

    assert max(map(len, ways)) == told("SQL")[operation] <= MOST_HOPS


@pytest.mark.local_store
def test_given_an_upload_then_its_bytes_are_as_far_away_as_the_page_says(
    ready: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[tuple[str, ...]] = []
    write = LocalBlobStore.write

    def noted(store: LocalBlobStore, *arguments: Any, **options: Any) -> Any:
        ways.append(way_here())
        return write(store, *arguments, **options)

    monkeypatch.setattr(LocalBlobStore, "write", noted)
    REQUESTS["upload_raw"](ready)

    [way] = ways
    assert len((*way, "stores/blobs/local.py")) == told("the bytes")["upload_raw"] <= MOST_HOPS
