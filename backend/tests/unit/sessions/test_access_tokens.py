"""Access tokens are good for what they were signed for, by us, now."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.logins import PASSWORD, SignedIn
from wxcloudrun.kit import clock
from wxcloudrun.secrecy.derived_keys import Purpose, ServerKeys
from wxcloudrun.sessions.service.tokens import AccessTokens, InvalidToken
from wxcloudrun.wiring.secrets import access_token_keys

ME = "/api/v1/auth/me"
OTHER_KEY = "another-key-0123456789-abcdefghijklmnop"
FRESH_KEY = "fresh-key-0123456789-abcdefghijklmnopqr"

Forge = Callable[..., str]


@pytest.fixture
def forge(app: Flask, ada: SignedIn) -> Forge:
    """Sign a token like Ada's with some claims or header fields changed (None: left out)."""
    newest = access_token_keys(app.extensions["settings"]).newest.value
    claims = jwt.decode(ada.access_token, options={"verify_signature": False})
    header = jwt.get_unverified_header(ada.access_token)

    def sign(
        key: bytes | str = newest, algorithm: str = "HS256", kid: str | None = header["kid"], **changes: Any
    ) -> str:
        changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(changed, key, algorithm=algorithm, headers=headers)

    return sign


def tokens_under(*secrets: str) -> AccessTokens:
    """Return what signs and reads under one secret, or under one and the one before it."""
    return AccessTokens(ServerKeys(*secrets).ring(Purpose.ACCESS_TOKENS), lifetime_seconds=900)


def status_of(client: ApiClient, token: str) -> int:
    return client.get(ME, headers={"Authorization": f"Bearer {token}"}).status


def seconds_from_now(seconds: float) -> int:
    return int((clock.now() + timedelta(seconds=seconds)).timestamp())


@pytest.mark.same_everywhere
def test_a_token_carries_the_promised_claims(ada: SignedIn) -> None:
    claims = jwt.decode(ada.access_token, options={"verify_signature": False})

    assert set(claims) == {"iss", "aud", "sub", "jti", "iat", "exp", "typ", "sid"}
    assert (claims["sub"], claims["typ"]) == (str(ada.user_id), "access")
    assert claims["exp"] - claims["iat"] == 900
    assert set(jwt.get_unverified_header(ada.access_token)) == {"alg", "typ", "kid"}


@pytest.mark.same_everywhere
def test_a_token_that_was_signed_like_ours_is_accepted(client: ApiClient, forge: Forge) -> None:
    assert status_of(client, forge()) == 200


@pytest.mark.same_everywhere
def test_a_token_without_signature_is_refused(client: ApiClient, ada: SignedIn) -> None:
    header = {**jwt.get_unverified_header(ada.access_token), "alg": "none"}
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    body = ada.access_token.split(".")[1]

    assert status_of(client, f"{head}.{body}.") == 401


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    "changes",
    [
        {"key": OTHER_KEY},
        {"algorithm": "HS384"},
        {"kid": None},
        {"kid": "unknown"},
        {"iss": "somebody else"},
        {"iss": None},
        {"aud": "something else"},
        {"aud": ["wxcloudrun-api"]},
        {"aud": None},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": "999"},
        {"sub": "x"},
        {"sub": None},
        {"sid": "0" * 32},
        {"sid": None},
        {"jti": None},
        {"exp": None},
        {"iat": None},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # HS384 wants longer keys
def test_one_wrong_or_missing_claim_is_enough_to_refuse(
    client: ApiClient, forge: Forge, changes: dict[str, Any]
) -> None:
    assert status_of(client, forge(**changes)) == 401


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("issued_in", "expires_in", "status"),
    [(-900, -61, 401), (-900, -50, 200), (50, 900, 200), (75, 900, 401)],
    ids=["expired", "expired within leeway", "early within leeway", "not yet valid"],
)
def test_clocks_may_differ_by_a_minute(
    client: ApiClient, forge: Forge, issued_in: int, expires_in: int, status: int
) -> None:
    token = forge(iat=seconds_from_now(issued_in), exp=seconds_from_now(expires_in))

    assert status_of(client, token) == status


@pytest.mark.same_everywhere
def test_a_changed_payload_is_refused(client: ApiClient, ada: SignedIn) -> None:
    head, body, signature = ada.access_token.split(".")
    changed = body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB")

    assert status_of(client, f"{head}.{changed}.{signature}") == 401


def test_a_revoked_token_is_refused_while_its_session_goes_on(client: ApiClient, ada: SignedIn) -> None:
    answer = ada.call("DELETE", "/api/v1/auth/token")

    assert (answer.status, answer.body) == (204, b"")
    assert status_of(client, ada.access_token) == 401
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert status_of(client, refreshed.data["access_token"]) == 200


@pytest.mark.same_everywhere
def test_while_keys_are_changed_the_previous_one_is_accepted() -> None:
    before = tokens_under(OTHER_KEY)
    during, after = tokens_under(FRESH_KEY, OTHER_KEY), tokens_under(FRESH_KEY)
    old = before.issue(1, "session")
    new = during.issue(1, "session")

    assert during.read(old).session_id == "session"
    assert after.read(new).user_id == 1
    with pytest.raises(InvalidToken):
        after.read(old)


@pytest.mark.same_everywhere
def test_the_application_takes_the_previous_key_from_its_settings(make_app: MakeApp) -> None:
    app = make_app(JWT_PREVIOUS_SECRET_KEY=OTHER_KEY)
    client = ApiClient(sender(app))
    client.post("/api/v1/auth/register", json={"email": "ada@example.com", "password": PASSWORD})
    answer = client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    claims = jwt.decode(answer.data["access_token"], options={"verify_signature": False})

    token = tokens_under(OTHER_KEY).issue(int(claims["sub"]), claims["sid"])

    assert status_of(client, token) == 200
