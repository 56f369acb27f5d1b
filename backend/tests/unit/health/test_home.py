"""The root: a page for browsers, the same links in the envelope for programs."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.support.client import ApiClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class Elements(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))

    def links(self) -> list[str]:
        """Return where links and icons lead."""
        return [attributes["href"] or "" for _, attributes in self.found if "href" in attributes]


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/html;q=0.9, application/json;q=0.5"])
def test_given_a_browser_then_it_gets_a_page_whose_links_lead_somewhere(app: Flask, accept: str) -> None:
    client = app.test_client()

    answer = client.get("/", headers={"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert answer.headers["Vary"] == "Accept"
    links = Elements(answer.text).links()
    assert {"api/docs", "api/openapi.json", "api/health"} <= set(links)
    for link in links:
        with client.get("/" + link) as linked:
            assert linked.status_code == 200, link


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "application/json, text/html", "image/png", "nonsense"]
)
def test_given_a_program_then_it_gets_the_links_in_the_envelope(
    client: ApiClient, accept: str | None
) -> None:
    answer = client.get("/", headers={} if accept is None else {"Accept": accept}).ok()

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Vary"] == "Accept"
    assert answer.data == {
        "docs": "/api/docs",
        "openapi": "/api/openapi.json",
        "health": "/api/health",
        "ready": "/api/ready",
    }
    assert {client.get(str(link)).status for link in (answer.data["health"], answer.data["ready"])} == {200}


def test_given_the_page_then_nothing_in_it_can_run_and_nothing_comes_from_elsewhere(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"Accept": BROWSER})

    policy = dict(part.split(maxsplit=1) for part in answer.headers["Content-Security-Policy"].split("; "))
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert "script-src" not in policy
    elements = Elements(answer.text)
    assert {"script", "form", "iframe", "img"}.isdisjoint(tag for tag, _ in elements.found)
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert not [link for link in elements.links() if ":" in link or link.startswith("/")]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_given_an_unknown_url_then_it_is_404_in_the_envelope_for_browsers_too(app: Flask) -> None:
    answer = app.test_client().get("/nothing", headers={"Accept": BROWSER})

    assert (answer.status_code, answer.content_type) == (404, "application/json")
