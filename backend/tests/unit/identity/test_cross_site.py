"""A cookie that the browser sends along does not let another site write."""

import pytest

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.logins import SignedIn

pytestmark = pytest.mark.same_everywhere

KEYS = "/api/v1/auth/keys"
BODY = {"name": "a key"}


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_a_write_with_the_cookie_from_another_site_is_refused(
    client: ApiClient, ada: SignedIn, sent: dict[str, str]
) -> None:
    answer = client.post(KEYS, json=BODY, headers={**ada.browser, **sent})

    assert (answer.status, answer.reason) == (403, "forbidden")
    assert ada.call("GET", KEYS).items == []


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_a_write_with_the_cookie_from_here_or_from_no_browser_passes(
    client: ApiClient, ada: SignedIn, sent: dict[str, str]
) -> None:
    assert client.post(KEYS, json=BODY, headers={**ada.browser, **sent}).status == 200


def test_a_cookie_that_is_not_valid_is_no_matter_of_sites(client: ApiClient) -> None:
    sent = {"Cookie": "session_id=unknown", "Origin": "https://evil.example"}

    assert client.post(KEYS, json=BODY, headers=sent).status == 401


def test_reading_is_not_affected(client: ApiClient, ada: SignedIn) -> None:
    assert client.get(KEYS, headers={**ada.browser, "Origin": "https://evil.example"}).status == 200


def test_a_header_is_never_sent_by_a_browser_on_its_own(client: ApiClient, ada: SignedIn) -> None:
    sent = {**ada.bearer, **ada.browser, "Origin": "https://evil.example"}

    assert client.post(KEYS, json=BODY, headers=sent).status == 200


def test_origins_can_be_allowed(make_app: MakeApp) -> None:
    app = make_app(CORS_ORIGINS="https://console.example https://other.example")
    client = ApiClient(sender(app))
    person = {"email": "ada@example.com", "password": "long enough"}
    client.post("/api/v1/auth/register", json=person)
    cookie = client.post("/api/v1/auth/login", json=person).headers["Set-Cookie"].partition(";")[0]

    for origin, status in (("https://console.example", 200), ("https://evil.example", 403)):
        sent = {"Cookie": cookie, "Origin": origin}
        assert client.post(KEYS, json=BODY, headers=sent).status == status
