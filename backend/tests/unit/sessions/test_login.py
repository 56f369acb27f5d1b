"""Signing up, logging in, being recognised, logging out."""

from collections.abc import Callable
from typing import Any

import argon2
import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.database_dump import everything_stored
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn, cookie_of
from tests.support.moments import Clock
from wxcloudrun.attempts.rules import DeviceCookies
from wxcloudrun.attempts.service import LoginGuard, LoginLimits
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.security import ANONYMOUS
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.secrecy.derived_keys import Purpose, ServerKeys
from wxcloudrun.sessions.models import LoginSession
from wxcloudrun.sessions.service.door import PasswordDoor
from wxcloudrun.sessions.service.lifetimes import Lifetimes
from wxcloudrun.sessions.service.secrets import SessionHashes
from wxcloudrun.sessions.service.sessions import SessionService
from wxcloudrun.sessions.service.tokens import AccessTokens
from wxcloudrun.stores.limits.memory import MemoryCounters
from wxcloudrun.stores.limits.port import RateLimit
from wxcloudrun.users.models import User
from wxcloudrun.users.service.passwords import Passwords

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
LOGOUT = "/api/v1/auth/logout"


def test_registration_answers_201_with_the_user(client: ApiClient) -> None:
    answer = client.post(REGISTER, json={"email": "Ada@Example.com", "password": PASSWORD})

    assert answer.status == 201
    user = answer.data
    assert set(user) == {"id", "kind", "email", "username", "is_active", "is_admin", "created_at"}
    assert (user["email"], user["username"]) == ("ada@example.com", "ada")
    assert (user["is_active"], user["is_admin"]) == (True, False)


def test_a_name_may_be_given(client: ApiClient) -> None:
    answer = client.post(REGISTER, json={"email": "a@b.example", "password": PASSWORD, "username": "Ada L."})

    assert answer.data["username"] == "Ada L."


def test_who_signed_up_can_log_in_and_the_password_is_not_stored(client: ApiClient, app: Flask) -> None:
    client.post(REGISTER, json={"email": "ada@example.com", "password": PASSWORD})

    assert client.post(LOGIN, json={"email": "ADA@example.com", "password": PASSWORD}).status == 200
    with app.app_context(), reading() as session:
        stored = session.execute(select(User.password_hash)).scalar_one()
    assert stored is not None
    assert stored.startswith("$argon2id$")


def test_an_address_signs_up_once_however_it_is_written(client: ApiClient, add_user: AddUser) -> None:
    add_user("ada@example.com")

    answer = client.post(REGISTER, json={"email": "ADA@EXAMPLE.COM", "password": PASSWORD})

    assert (answer.status, answer.reason) == (409, "conflict")


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": "nonsense", "password": PASSWORD}, ["email"]),
        ({"email": "a@b.example", "password": "short"}, ["password"]),
        ({"email": "a@b.example", "password": "x" * 1025}, ["password"]),
        ({"email": "a@b.example", "password": 12345678}, ["password"]),
        ({"email": "a@b.example", "password": PASSWORD, "username": "\u202e"}, ["username"]),
        ({"email": "a@b.example", "password": PASSWORD, "is_admin": True}, ["is_admin"]),
    ],
)
def test_validation_names_the_fields_and_never_repeats_a_password(
    client: ApiClient, body: dict[str, Any], fields: list[str]
) -> None:
    answer = client.post(REGISTER, json=body)

    assert answer.status == 422
    assert [each["field"] for each in answer.data["errors"]] == fields
    assert str(body.get("password", PASSWORD)) not in answer.body.decode()


def test_registration_can_be_closed(make_app: MakeApp) -> None:
    closed = ApiClient(sender(make_app(REGISTRATION_ENABLED="false")))

    answer = closed.post(REGISTER, json={"email": "a@b.example", "password": PASSWORD})

    assert (answer.status, answer.reason) == (403, "forbidden")


def test_login_answers_tokens_and_the_user(client: ApiClient, add_user: AddUser) -> None:
    add_user()

    answer = client.post(LOGIN, json={"email": "ada@example.com", "password": PASSWORD})

    data = answer.data
    assert answer.status == 200
    assert set(data) == {"access_token", "token_type", "expires_in", "refresh_token", "user", "notices"}
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 900)
    assert data["user"]["email"] == "ada@example.com"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "wrong password"),
        ("ada@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("wechat@example.com", PASSWORD),
    ],
)
def test_every_failed_login_gets_the_same_answer(
    client: ApiClient, add_user: AddUser, email: str, password: str
) -> None:
    add_user()
    add_user("gone@example.com", is_active=False)
    add_user("wechat@example.com", password_hash=None)

    answer = client.post(LOGIN, json={"email": email, "password": password})

    assert answer.status == 401
    assert answer.data == {"reason": "unauthorized"}
    assert answer.msg == "the e-mail address or the password is wrong"
    assert "WWW-Authenticate" in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_hash_of_old_parameters_is_replaced_at_login(app: Flask, add_user: AddUser, log_in: LogIn) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    user_id = add_user(password_hash=weak)

    log_in()

    with app.app_context(), reading() as session:
        stored = session.get_one(User, user_id).password_hash
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert log_in().user_id == user_id


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: ApiClient, add_user: AddUser) -> None:
    add_user()

    answer = client.post(LOGIN, json={"email": "ada@example.com", "password": PASSWORD})

    cookie = cookie_of(answer)["session_id"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (
        True,
        "Lax",
        "/",
        "",
    )
    assert cookie["max-age"] == str(30 * 86_400)


@pytest.mark.parametrize(
    ("public_url", "base_url"),
    [("https://registry.example", "http://internal"), ("http://internal", "https://registry.example")],
)
def test_over_https_the_cookie_stays_on_https(make_app: MakeApp, public_url: str, base_url: str) -> None:
    secure = ApiClient(sender(make_app(PUBLIC_URL=public_url)))
    secure.post(REGISTER, json={"email": "ada@example.com", "password": PASSWORD})

    answer = secure.post(LOGIN, json={"email": "ada@example.com", "password": PASSWORD}, base_url=base_url)

    cookie = cookie_of(answer)["__Host-session_id"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_given_a_cookie_without_the_prefix_then_it_counts_over_https_until_the_next_login(
    make_app: MakeApp,
) -> None:
    app = make_app(PUBLIC_URL="https://registry.example")
    client = ApiClient(sender(app))
    who = {"email": "ada@example.com", "password": PASSWORD}
    client.post(REGISTER, json=who)
    value = cookie_of(client.post(LOGIN, json=who))["__Host-session_id"].value
    old = {"Cookie": f"session_id={value}"}

    assert client.get(ME, headers=old).status == 200
    sent = app.test_client(use_cookies=False).post(LOGIN, json=who, headers=old).headers.getlist("Set-Cookie")

    assert any(each.startswith("__Host-session_id=") for each in sent)
    assert any(each.startswith("session_id=;") for each in sent)


def test_each_login_has_a_session_id_of_its_own_whatever_the_browser_brought(
    client: ApiClient, ada: SignedIn, log_in: LogIn
) -> None:
    chosen = {"Cookie": "session_id=chosen-by-an-attacker"}
    answer = client.post(LOGIN, json={"email": "ada@example.com", "password": PASSWORD}, headers=chosen)

    fresh = cookie_of(answer)["session_id"].value
    assert len({fresh, ada.cookie, log_in().cookie, "chosen-by-an-attacker"}) == 4
    assert client.get(ME, headers=chosen).status == 401


def test_me_knows_the_caller_by_token_and_by_cookie(client: ApiClient, ada: SignedIn) -> None:
    for headers in (ada.bearer, ada.browser):
        answer = client.get(ME, headers=headers)
        assert (answer.status, answer.data["email"]) == (200, "ada@example.com")


def test_the_header_counts_more_than_the_cookie(
    client: ApiClient, ada: SignedIn, add_user: AddUser, log_in: LogIn
) -> None:
    add_user("bob@example.com")
    bob = log_in("bob@example.com")

    answer = client.get(ME, headers={**ada.browser, **bob.bearer})

    assert answer.data["email"] == "bob@example.com"


def test_without_credentials_me_says_how_to_come_in(client: ApiClient) -> None:
    answer = client.get(ME)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Basic" in answer.headers["WWW-Authenticate"]


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer not-a-token",
        "Bearer a.b.c",
        "Bearer wxr_",
        "Bearer wxr_" + "A" * 43,
        "Bearer a=b",
        "Basic",
        "Basic !!!",
        "Basic dXNlcjo=",
        "Basic dXNlcjpwYXNzd29yZA==",
        "Digest username=x",
        "Bearer " + "[" * 4000,
        "Bearer \xff\xfe",
    ],
)
def test_a_credential_that_is_none_is_refused_in_the_same_words(
    client: ApiClient, ada: SignedIn, header: str
) -> None:
    answer = client.get(ME, headers={"Authorization": header, **ada.browser})

    assert answer.status == 401
    assert answer.msg == "the credential is not valid or no longer valid; log in or present another"


@pytest.mark.parametrize("way", ["bearer", "browser"])
def test_logout_ends_the_session_with_everything_that_belongs_to_it(
    client: ApiClient, ada: SignedIn, log_in: LogIn, way: str
) -> None:
    other = log_in()

    answer = client.post(LOGOUT, headers=getattr(ada, way))

    assert (answer.status, answer.data) == (200, {})
    assert cookie_of(answer)["session_id"]["max-age"] == "0"
    assert client.get(ME, headers=ada.bearer).status == 401
    assert client.get(ME, headers=ada.browser).status == 401
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status == 401
    assert client.get(ME, headers=other.bearer).status == 200, "another login is another session"


def test_an_api_key_has_nothing_to_log_out_of(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key()["key"]

    answer = client.post(LOGOUT, headers={"Authorization": f"Bearer {key}"})

    assert (answer.status, answer.reason) == (409, "conflict")


def test_a_session_ends_by_itself(client: ApiClient, ada: SignedIn, time: Clock) -> None:
    time.advance(days=30, minutes=2)

    assert client.get(ME, headers=ada.browser).status == 401


def test_a_deactivated_user_is_out_at_the_next_request(
    client: ApiClient, ada: SignedIn, root: SignedIn
) -> None:
    key = ada.make_key()["key"]

    root.call("PATCH", f"/api/v1/users/{ada.user_id}", {"is_active": False})

    for headers in (ada.bearer, ada.browser, {"Authorization": f"Bearer {key}"}):
        assert client.get(ME, headers=headers).status == 401
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status == 401


def test_whether_somebody_is_active_is_read_with_each_request(
    app: Flask, client: ApiClient, ada: SignedIn
) -> None:
    key = ada.make_key()["key"]
    with app.app_context(), transaction() as tx:
        tx.session.get_one(User, ada.user_id).is_active = False

    for headers in (ada.bearer, ada.browser, {"Authorization": f"Bearer {key}"}):
        assert client.get(ME, headers=headers).status == 401
    assert client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token}).status == 401


class PasswordsWhileSomethingHappens(Passwords):
    """Lets something happen between the verification of a password and what follows from it."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def verify(self, stored: str | None, password: str) -> bool:
        """Verify, then let it happen."""
        fits = super().verify(stored, password)
        self._meanwhile()
        return fits


@pytest.mark.parametrize("change", [{"password_hash": "another"}, {"is_active": False}], ids=str)
def test_a_login_that_was_overtaken_by_a_change_is_refused(
    app: Flask, add_user: AddUser, change: dict[str, Any]
) -> None:
    user_id = add_user()

    def meanwhile() -> None:
        with transaction() as tx:
            user = tx.session.get_one(User, user_id)
            for name, value in change.items():
                setattr(user, name, value)

    codes = SecondFactorCodes(secrets=FactorSecrets(ServerKeys("s" * 32)))
    guard = LoginGuard(
        counters=MemoryCounters(),
        limits=LoginLimits(*[RateLimit(None)] * 8),
        devices=DeviceCookies(ServerKeys("s" * 32).ring(Purpose.DEVICE_COOKIES)),
    )
    sessions = SessionService(
        door=PasswordDoor(passwords=PasswordsWhileSomethingHappens(meanwhile), guard=guard, codes=codes),
        tokens=AccessTokens(ServerKeys("k" * 32).ring(Purpose.ACCESS_TOKENS), lifetime_seconds=900),
        hashes=SessionHashes(ServerKeys("s" * 32)),
        lifetimes=Lifetimes(
            access_token_seconds=1020,
            refresh_token_seconds=60,
            refresh_leeway_seconds=10,
            login_seconds=3600,
            proof_seconds=300,
        ),
        codes=codes,
        guard=guard,
    )
    with app.app_context(), pytest.raises(Unauthorized):
        sessions.log_in(ANONYMOUS, "ada@example.com", PASSWORD)

    with app.app_context(), reading() as session:
        assert session.query(LoginSession).count() == 0


def test_nothing_that_opens_a_door_is_stored_in_clear(app: Flask, ada: SignedIn) -> None:
    key = ada.make_key()["key"]
    ada.client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})

    dump = everything_stored(app)

    for secret in (key, ada.cookie, ada.refresh_token, ada.access_token, PASSWORD):
        assert secret not in dump
