"""A clock that was ahead lets no credential live longer, shuts nobody out for years, and revives nothing."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn
from tests.support.moments import Clock
from wxcloudrun.attempts.models import KnownAddress
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit.db import Base, reading, transaction
from wxcloudrun.secrecy.derived_keys import Purpose, ServerKeys
from wxcloudrun.sessions.models import RevokedToken
from wxcloudrun.sessions.service.expiry import ExpiryService
from wxcloudrun.sessions.service.tokens import AccessTokens, InvalidToken
from wxcloudrun.users.models import User

ME = "/api/v1/auth/me"
REFRESH = "/api/v1/auth/refresh"


def refresh(client: ApiClient, token: str) -> Any:
    return client.post(REFRESH, json={"refresh_token": token})


def with_key(client: ApiClient, key: str) -> int:
    return client.get(ME, headers={"Authorization": f"Bearer {key}"}).status


def forget_expired(app: Flask) -> None:
    with app.app_context():
        app.extensions["services"][ExpiryService].forget_expired()


def put(app: Flask, row: Base) -> None:
    with app.app_context(), transaction() as tx:
        tx.session.add(row)


def test_a_login_from_then_is_over_and_does_not_come_back_at_its_time(
    app: Flask, client: ApiClient, add_user: AddUser, log_in: LogIn, time: Clock
) -> None:
    add_user()
    with time.ahead(days=400):
        ada = log_in()
        assert client.get(ME, headers=ada.browser).status == 200

    assert client.get(ME, headers=ada.browser).status == 401
    assert refresh(client, ada.refresh_token).status == 401
    assert client.get(ME, headers=log_in().browser).status == 200, "who logs in again is in"
    forget_expired(app)
    time.advance(days=400)
    assert client.get(ME, headers=ada.browser).status == 401
    assert refresh(client, ada.refresh_token).status == 401


def test_a_login_from_before_is_over_if_it_was_made_longer_then(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    with time.ahead(days=29):
        refresh(client, ada.refresh_token).ok()

    assert client.get(ME, headers=ada.browser).status == 401


def test_a_login_from_before_that_nobody_used_then_goes_on(
    client: ApiClient, ada: SignedIn, log_in: LogIn, time: Clock
) -> None:
    with time.ahead(days=400):
        log_in()

    assert client.get(ME, headers=ada.browser).status == 200
    assert refresh(client, ada.refresh_token).status == 200


def test_a_refresh_token_that_was_used_then_has_no_leeway_until_that_time(
    client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    with time.ahead(minutes=4):
        refresh(client, ada.refresh_token).ok()

    assert refresh(client, ada.refresh_token).status == 401
    assert client.get(ME, headers=ada.browser).status == 401, "as for every copy, the session is over"


def test_an_access_token_from_then_is_refused(time: Clock) -> None:
    tokens = AccessTokens(ServerKeys("k" * 32).ring(Purpose.ACCESS_TOKENS), lifetime_seconds=900)
    with time.ahead(days=400):
        token = tokens.issue(7, "session")

    with pytest.raises(InvalidToken):
        tokens.read(token)


def test_a_key_that_ends_and_was_made_then_is_refused(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    before = ada.make_key(expires_in_days=1)
    with time.ahead(minutes=10):
        ending, usual = ada.make_key(expires_in_days=1), ada.make_key()

    assert with_key(client, before["key"]) == 200
    assert with_key(client, usual["key"]) == 401
    assert with_key(client, ending["key"]) == 401


def test_a_key_that_was_revoked_then_stays_revoked(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    made = ada.make_key()
    with time.ahead(minutes=10):
        ada.call("DELETE", f"/api/v1/auth/keys/{made['id']}").ok()

    assert with_key(client, made["key"]) == 401


def test_a_token_that_was_revoked_then_stays_revoked_until_its_end(app: Flask, time: Clock) -> None:
    with time.ahead(days=400):
        put(app, RevokedToken(jti="0" * 32, expires_at=time.now()))

    forget_expired(app)

    with app.app_context(), reading() as session:
        assert session.get(RevokedToken, "0" * 32) is not None


def test_a_token_that_was_revoked_before_stays_revoked(
    app: Flask, client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    ada.call("DELETE", "/api/v1/auth/token").ok()
    with time.ahead(hours=1):
        forget_expired(app)

    assert client.get(ME, headers=ada.bearer).status == 401
    assert client.get(ME, headers=ada.browser).status == 200


def test_the_next_use_of_a_key_corrects_what_was_noted_then(
    app: Flask, client: ApiClient, ada: SignedIn, time: Clock
) -> None:
    made = ada.make_key()
    with time.ahead(days=400):
        with_key(client, made["key"])

    with_key(client, made["key"])

    with app.app_context(), reading() as session:
        assert session.get_one(ApiKey, made["id"]).last_used_at == time.now()


def test_an_address_that_was_seen_then_is_not_trusted_for_years(app: Flask, time: Clock) -> None:
    put(app, User(id=7, email=None, username="ada", created_at=time.now()))
    for network, days in (("before", -89), ("now", 0), ("then", 400)):
        moment = time.now() + timedelta(days=days)
        put(app, KnownAddress(user_id=7, network=network, last_seen_at=moment))

    forget_expired(app)

    with app.app_context(), reading() as session:
        assert {row.network for row in session.query(KnownAddress)} == {"before", "now"}


def test_who_was_shut_out_then_is_let_in_after_one_window(
    client: ApiClient, add_user: AddUser, time: Clock
) -> None:
    add_user()
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    with time.ahead(days=400):
        for _ in range(11):
            client.post("/api/v1/auth/login", json={**credentials, "password": "wrong"})

    refused = client.post("/api/v1/auth/login", json=credentials)
    assert (refused.status, int(refused.headers["Retry-After"])) == (429, 60)
    time.advance(seconds=60)

    assert client.post("/api/v1/auth/login", json=credentials).status == 200
