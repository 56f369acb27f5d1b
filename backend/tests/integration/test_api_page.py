"""The page on which the API is read and tried, in a real browser: nothing from elsewhere, no complaint."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.browser import NoBrowser, Tab, opened_tab
from tests.support.client import ApiClient
from tests.support.live import LiveServer
from wxcloudrun.web import api_page

# Set a value as a person would, so that the page's framework hears of it.
TYPE = """(element, value) => {
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value");
  own.set.call(element, value);
  element.dispatchEvent(new Event("input", {bubbles: true}));
  element.dispatchEvent(new Event("change", {bubbles: true}));
}"""
# The names of optional fields in which something stands.
FILLED = """(operation) => [...operation.querySelectorAll(
    ".parameters tr:not(:has(.required)), .opblock-section-request-body tr:not(:has(.required))"
  )].filter((row) => [...row.querySelectorAll("input:not([type=checkbox]), select, textarea")].some(
    (field) => field.value !== ""
  )).map((row) => row.innerText)"""
CHOOSE = """(input, text, name) => {
  const chosen = new DataTransfer();
  chosen.items.add(new File([text], name, {type: "text/plain"}));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
}"""


@pytest.fixture
def tab() -> Iterator[Tab]:
    """A tab of Chromium."""
    try:
        with opened_tab() as opened:
            yield opened
    except NoBrowser as problem:
        pytest.skip(f"chromium: {problem}")


class ApiPage:
    """The page in a tab."""

    def __init__(self, tab: Tab, server: LiveServer) -> None:
        self.tab = tab
        tab.open(f"{server.url}/api/docs")
        tab.wait_for("document.querySelectorAll('.opblock').length > 40")

    def find(self, operation: str, selector: str) -> str:
        """Return a script for an element of an operation."""
        return f"document.querySelector('[id$=\"-{operation}\"].opblock {selector}')"

    def unfold(self, operation: str) -> None:
        """Open an operation to be tried."""
        self.tab.evaluate(f"{self.find(operation, '.opblock-summary-control')}.click()")
        self.tab.wait_for(f"!!{self.find(operation, '.try-out__btn')}")
        self.tab.evaluate(f"{self.find(operation, '.try-out__btn')}.click()")
        self.tab.wait_for(f"!!{self.find(operation, '.execute')}")

    def execute(self, operation: str) -> tuple[str, str]:
        """Press the button; return the status and what the page shows as the answer."""
        self.tab.evaluate(f"{self.find(operation, '.execute')}.click()")
        row = ".live-responses-table .response"
        status = self.tab.wait_for(f"{self.find(operation, row + ' .response-col_status')}?.innerText.trim()")
        shown = self.tab.evaluate(f"{self.find(operation, row + ' .response-col_description')}.innerText")
        return str(status).split()[0], str(shown)

    def authorize(self, token: str) -> None:
        """Enter a token behind the button."""
        self.tab.evaluate("document.querySelector('.btn.authorize').click()")
        field = "document.querySelector('.auth-container input[type=text], .auth-container input')"
        self.tab.wait_for(f"!!{field}")
        self.tab.evaluate(f"({TYPE})({field}, {json.dumps(token)})")
        self.tab.evaluate("document.querySelector('.auth-btn-wrapper .authorize').click()")
        self.tab.wait_for(
            "[...document.querySelectorAll('.auth-container')].some(e => /\\*{4}/.test(e.innerText))"
        )
        self.tab.evaluate("document.querySelector('.modal-ux .close-modal').click()")


def test_given_the_page_then_calls_can_be_tried_and_nothing_comes_from_elsewhere(
    tab: Tab, server: LiveServer, admin: ApiClient, admin_token: str
) -> None:
    admin.post("/api/v1/projects", {"name": "tools"}).ok()  # the names of the description's examples
    admin.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()

    page = ApiPage(tab, server)
    page.unfold("health")
    status, shown = page.execute("health")
    assert status == "200"
    assert "healthy" in shown

    page.authorize(admin_token)
    page.unfold("upload_form")
    tab.evaluate(
        f"({CHOOSE})({page.find('upload_form', 'input[type=file]')}, 'from a page', 'hammer-1.2.3.txt')"
    )
    status, shown = page.execute("upload_form")
    assert status == "200", shown
    assert hashlib.sha256(b"from a page").hexdigest() in shown

    page.unfold("download")  # its example is `version:^1.2`
    status, shown = page.execute("download")
    assert status == "200", shown
    assert "hammer-1.2.3.txt" in shown

    hosts = {urlsplit(url).netloc for url in tab.requested if urlsplit(url).scheme in {"http", "https", "ws"}}
    assert hosts == {f"127.0.0.1:{server.port}"}
    assert tab.complaints == []


@pytest.mark.parametrize(
    "operation", ["upload_form", "upload_raw", "list_users", "download", "delete_project", "search"]
)
def test_given_an_operation_to_be_tried_then_its_optional_fields_are_empty(
    tab: Tab, server: LiveServer, operation: str
) -> None:
    page = ApiPage(tab, server)
    page.unfold(operation)

    filled = tab.evaluate(f"({FILLED})({page.find(operation, '')})")

    assert filled == []
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("operation", "proposed"), [("change_user", {}), ("make_key", {"name": "hammer"}), ("start_sweep", {})]
)
def test_given_a_json_body_then_only_what_is_required_is_proposed(
    tab: Tab, server: LiveServer, operation: str, proposed: dict[str, str]
) -> None:
    page = ApiPage(tab, server)
    page.unfold(operation)

    body = tab.evaluate(f"{page.find(operation, '.opblock-section-request-body textarea')}.value")

    assert json.loads(str(body)) == proposed


def test_given_the_page_then_only_it_may_run_scripts_and_only_ours(server: LiveServer) -> None:
    headers: Any = server.client().get("/api/docs").headers

    assert headers["Content-Security-Policy"] == api_page.POLICY
    assert "unsafe" not in api_page.POLICY
    assert (
        server.client()
        .get("/api/docs/start.js")
        .headers["Content-Security-Policy"]
        .startswith("default-src 'none'")
    )


def test_given_the_files_of_others_then_they_are_those_that_were_recorded() -> None:
    folder = Path(api_page.__file__).parent
    recorded = [
        line.split() for line in (folder / "SOURCES").read_text().splitlines() if len(line.split()) == 2
    ]

    digests = {name: digest for digest, name in recorded if len(digest) == 64}
    assert {"swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"} <= set(digests)
    for name, digest in digests.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
