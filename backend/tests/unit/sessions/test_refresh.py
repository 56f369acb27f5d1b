"""A refresh token is good for one use; a lost answer can be had again, a copied token ends the session."""

from typing import Any

from flask import Flask

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.logins import SignedIn
from tests.support.moments import Clock
from wxcloudrun.kit.db import reading
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.sessions.service.expiry import ExpiryService

ME = "/api/v1/auth/me"


def refresh(client: ApiClient, token: str) -> tuple[int, dict[str, Any]]:
    answer = client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    return answer.status, answer.data


def test_a_refresh_gives_a_new_pair_that_works(client: ApiClient, ada: SignedIn) -> None:
    status, data = refresh(client, ada.refresh_token)

    assert status == 200
    assert set(data) == {"access_token", "token_type", "expires_in", "refresh_token", "user"}
    assert data["refresh_token"] != ada.refresh_token
    bearer = {"Authorization": f"Bearer {data['access_token']}"}
    assert client.get(ME, headers=bearer).data["id"] == ada.user_id
    assert refresh(client, data["refresh_token"])[0] == 200


def test_a_client_that_lost_the_answer_gets_the_same_successor(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    _, first = refresh(client, ada.refresh_token)
    time.advance(seconds=10)

    status, second = refresh(client, ada.refresh_token)

    assert (status, second["refresh_token"]) == (200, first["refresh_token"])
    assert refresh(client, second["refresh_token"])[0] == 200


def test_a_token_that_comes_again_later_ends_the_whole_family(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    _, data = refresh(client, ada.refresh_token)
    time.advance(seconds=11)

    status, facts = refresh(client, ada.refresh_token)

    assert (status, facts["reason"]) == (401, "unauthorized")
    assert refresh(client, data["refresh_token"])[0] == 401, "the successor is void, too"
    bearer = {"Authorization": f"Bearer {data['access_token']}"}
    assert client.get(ME, headers=bearer).status == 401
    assert client.get(ME, headers=ada.browser).status == 401


def test_reuse_ends_no_other_login(client: ApiClient, ada: SignedIn, log_in: Any, time: Clock) -> None:
    other = log_in()
    refresh(client, ada.refresh_token)
    time.advance(seconds=11)

    refresh(client, ada.refresh_token)

    assert client.get(ME, headers=other.bearer).status == 200


def test_the_leeway_is_a_setting(make_app: MakeApp, time: Clock) -> None:
    client = ApiClient(sender(make_app(REFRESH_LEEWAY_SECONDS="0")))
    person = {"email": "ada@example.com", "password": "long enough"}
    client.post("/api/v1/auth/register", json=person)
    token = client.post("/api/v1/auth/login", json=person).data["refresh_token"]
    refresh(client, token)
    time.advance(seconds=1)

    assert refresh(client, token)[0] == 401


def test_what_is_no_refresh_token_is_refused(client: ApiClient, ada: SignedIn) -> None:
    for token in ("", "wxrt_unknown", ada.access_token, ada.cookie, ada.refresh_token + "x"):
        assert refresh(client, token)[0] == 401
    assert refresh(client, ada.refresh_token)[0] == 200, "none of that used it up"


def test_a_refresh_token_opens_nothing_by_itself(client: ApiClient, ada: SignedIn) -> None:
    assert client.get(ME, headers={"Authorization": f"Bearer {ada.refresh_token}"}).status == 401


def test_a_token_that_nobody_used_for_too_long_is_over(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    time.advance(days=30, seconds=1)

    assert refresh(client, ada.refresh_token)[0] == 401


def test_who_keeps_refreshing_stays_logged_in(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    token = ada.refresh_token
    for _ in range(3):
        time.advance(days=20)
        status, data = refresh(client, token)
        assert status == 200
        token = data["refresh_token"]


def test_what_is_over_can_be_forgotten(app: Flask, client: ApiClient, ada: SignedIn, time: Clock) -> None:
    refresh(client, ada.refresh_token)
    ada.call("DELETE", "/api/v1/auth/token")
    service = app.extensions["services"][ExpiryService]
    with app.app_context():
        assert service.forget_expired() == 0
        time.advance(days=31)

        assert service.forget_expired() == 4, "a session, its two refresh tokens, a revoked one"
        with reading() as session:
            assert session.query(LoginSession).count() == 0
            assert session.query(RefreshToken).count() == 0
