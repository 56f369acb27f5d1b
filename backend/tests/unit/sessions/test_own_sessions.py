"""One's own sessions: how many there are, ending one, and how long one lasts at most."""

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, LogIn, SignedIn
from tests.support.moments import Clock

SESSIONS = "/api/v1/auth/sessions"
ME = "/api/v1/auth/me"
REFRESH = "/api/v1/auth/refresh"


def test_given_two_logins_then_each_is_listed_and_says_which_is_this(
    client: ApiClient, ada: SignedIn, root: SignedIn
) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    browser = {"User-Agent": "Mozilla/5.0 (ada's laptop)\x7f" + "x" * 300}
    client.post("/api/v1/auth/login", body, headers=browser).ok()

    found = {each["is_this"]: each for each in ada.call("GET", SESSIONS).ok().items}

    assert set(found) == {True, False}
    assert found[False]["device"].startswith("Mozilla/5.0 (ada's laptop)x")
    assert (len(found[False]["device"]), found[False]["address"]) == (200, "127.0.0.1")
    assert found[True]["last_used_at"] is not None
    assert len(root.call("GET", SESSIONS).items) == 1


def test_given_pages_then_they_hold_every_session_once(ada: SignedIn, log_in: LogIn) -> None:
    for _ in range(3):
        log_in()

    seen = ada.client.as_(ada.access_token).all_items(SESSIONS, limit=2)

    assert len({each["id"] for each in seen}) == len(seen) == 4


def test_given_one_is_ended_then_its_tokens_are_good_no_more(
    client: ApiClient, ada: SignedIn, log_in: LogIn
) -> None:
    other = log_in()
    [its] = [each["id"] for each in ada.call("GET", SESSIONS).items if not each["is_this"]]

    assert ada.call("DELETE", f"{SESSIONS}/{its}").status == 204

    assert client.get(ME, headers=other.bearer).status == 401
    assert client.get(ME, headers=other.browser).status == 401
    assert client.post(REFRESH, {"refresh_token": other.refresh_token}).status == 401
    assert ada.call("GET", ME).status == 200


def test_given_somebody_elses_session_then_it_answers_as_one_that_is_not_there(
    ada: SignedIn, root: SignedIn
) -> None:
    [its] = [each["id"] for each in ada.call("GET", SESSIONS).items]

    foreign, absent = (root.call("DELETE", f"{SESSIONS}/{name}") for name in (its, "0" * 32))

    assert foreign.status == absent.status == 404
    assert (foreign.data, foreign.msg) == (absent.data, absent.msg)
    assert ada.call("GET", ME).status == 200


@pytest.mark.same_everywhere
def test_given_a_key_then_it_sees_no_sessions(ada: SignedIn) -> None:
    key = ada.client.as_(ada.make_key(scopes=["read", "admin"])["key"])

    assert key.get(SESSIONS).status == 403


def test_given_a_use_after_a_while_then_it_is_noted(ada: SignedIn, time: Clock) -> None:
    def last_used() -> str:
        return str(ada.client.get(SESSIONS, headers=ada.browser).ok().items[0]["last_used_at"])

    before = last_used()
    time.advance(minutes=10)
    last_used()
    assert last_used() == before  # to a quarter of an hour

    time.advance(minutes=10)
    last_used()
    assert last_used() > before


class TestLifetime:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application whose logins last three days from their beginning."""
        days = 86_400
        return app_with(LOGIN_SECONDS=str(3 * days), REFRESH_TOKEN_SECONDS=str(2 * days))

    def test_given_a_login_that_is_refreshed_every_day_then_it_ends_all_the_same(
        self, client: ApiClient, ada: SignedIn, time: Clock
    ) -> None:
        token, statuses = ada.refresh_token, []
        for _ in range(4):
            time.advance(hours=20)
            answer = client.post(REFRESH, {"refresh_token": token})
            statuses.append(answer.status)
            token = answer.data.get("refresh_token", token)

        assert statuses == [200, 200, 200, 401]
        assert client.get(ME, headers=ada.browser).status == 401
