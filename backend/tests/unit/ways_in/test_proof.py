"""A way in changes only for somebody who has proved just now who they are: as a column of every row."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.each import each
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn
from tests.support.moments import Clock
from tests.support.surface import REQUESTS, Scene
from tests.unit.audit.test_every_change_is_recorded import CHANGES
from tests.whole.test_surface import ROWS
from wxcloudrun.kit.errors import ProofNeeded
from wxcloudrun.notices.service.notices import note
from wxcloudrun.web.endpoint import Endpoint, Proof
from wxcloudrun.web.openapi.answers import errors_of
from wxcloudrun.wiring.listeners import LISTENERS

PROOF = "/api/v1/auth/proof"
KEYS = "/api/v1/auth/keys"
USERS = "/api/v1/users"
ME = "/api/v1/auth/me"
ALWAYS = [row for row in ROWS.values() if row.needs_proof is Proof.ALWAYS]
SOMETIMES = {row.operation for row in ROWS.values() if row.needs_proof is Proof.SOMETIMES}
NOTICED = {kind.name for kind, heard in LISTENERS.items() if note in heard.in_transaction}

type Widen = Callable[[SignedIn, int], Answer]


def admin_key(login: SignedIn) -> int:
    """Make a key that may do everything, while the proof is recent."""
    return int(login.make_key(scopes=["read", "write", "admin"])["id"])


def make_admin_key(login: SignedIn, _: int) -> Answer:
    """Try to make one more."""
    return login.call("POST", KEYS, {"name": "k", "scopes": ["admin"]})


def rotate_admin_key(login: SignedIn, key_id: int) -> Answer:
    """Try to replace it."""
    return login.call("POST", f"{KEYS}/{key_id}/rotate", {})


def changing(**change: Any) -> Widen:
    """Try to change somebody who is not active, as an administrator."""

    def go(login: SignedIn, _: int) -> Answer:
        bob = max(each["id"] for each in login.client.get(USERS, headers=login.browser).ok().items)
        return login.call("PATCH", f"{USERS}/{bob}", change)

    return go


def make_service_key(login: SignedIn, _: int) -> Answer:
    """Try to make a key that stays when the login ends."""
    accounts = "/api/v1/service-accounts"
    listed = login.call("GET", accounts).ok().items
    account = listed[0] if listed else login.call("POST", accounts, {"name": "ci"}).ok().data
    return login.call("POST", f"{accounts}/{account['id']}/keys", {"name": "k"})


def create_user(login: SignedIn, _: int) -> Answer:
    """Try to make an account that somebody gets into."""
    new = {"username": "new", "email": "new@example.com", "password": "another long one"}
    return login.call("POST", USERS, new)


# What of the endpoints that need a proof sometimes does.
WIDENING: list[tuple[str, Widen]] = [
    ("make_key", make_admin_key),
    ("rotate_key", rotate_admin_key),
    ("make_key_of_service_account", make_service_key),
    ("create_user", create_user),
    ("change_user", changing(password="another long one")),
    ("change_user", changing(email="other@example.com")),
    ("change_user", changing(is_admin=True)),
    ("change_user", changing(is_active=True)),
]


@pytest.fixture
def stale(root: SignedIn, time: Clock) -> SignedIn:
    """An administrator whose login is six minutes old."""
    time.advance(minutes=6)
    return root


class TestColumn:
    @pytest.mark.parametrize("row", ALWAYS, ids=lambda row: row.operation)
    def test_given_a_session_without_a_recent_proof_then_403_proof_needed(
        self, app: Flask, root: SignedIn, time: Clock, row: Endpoint
    ) -> None:
        sample = REQUESTS[row.operation](Scene(app, is_public=False))
        time.advance(minutes=6)

        for headers in (root.bearer, root.browser):
            answer = root.client.request(row.method, sample.path, **sample.options, headers=headers)

            assert (answer.status, answer.reason) == (403, "proof_needed")

    def test_the_endpoints_that_need_a_proof_sometimes_are_those_that_are_tried(self) -> None:
        assert {operation for operation, _ in WIDENING} == SOMETIMES

    @pytest.mark.parametrize("number", range(len(WIDENING)), ids=lambda number: WIDENING[number][0])
    def test_given_a_request_that_needs_it_then_only_a_recent_proof_does(
        self, root: SignedIn, add_user: AddUser, time: Clock, number: int
    ) -> None:
        add_user("bob@example.com", is_active=False)
        _, widen = WIDENING[number]
        key_id = admin_key(root)
        time.advance(minutes=6)

        answer = widen(root, key_id)

        assert (answer.status, answer.reason) == (403, "proof_needed")
        assert root.call("POST", PROOF, {"password": PASSWORD}).status == 204
        assert widen(root, key_id).status in {200, 201}

    def test_what_changes_a_way_in_says_that_it_needs_a_proof(self) -> None:
        changing = {operation for operation, (_, action, _) in CHANGES.items() if action in NOTICED}
        changing.remove("npm_log_in")  # whoever asks for that has just shown the password

        assert {each for each in changing if ROWS[each].needs_proof is Proof.NEVER} == set(), (
            "say so in the row"
        )

    @each(ROWS.values(), lambda row: row.operation)
    def test_the_description_of_the_api_tells_of_it(self, row: Endpoint) -> None:
        assert (ProofNeeded in errors_of(row)) == (row.needs_proof is not Proof.NEVER)


class TestProving:
    def test_given_a_proof_then_it_is_good_for_five_minutes(self, stale: SignedIn, time: Clock) -> None:
        stale.call("POST", PROOF, {"password": PASSWORD}).ok()

        time.advance(seconds=299)
        assert make_admin_key(stale, 0).status == 200
        time.advance(seconds=2)
        assert make_admin_key(stale, 0).reason == "proof_needed"

    def test_given_a_refresh_then_it_renews_no_proof(self, stale: SignedIn) -> None:
        fresh = stale.client.post("/api/v1/auth/refresh", {"refresh_token": stale.refresh_token}).ok()

        assert fresh.data["user"]["id"] == stale.user_id
        wish = {"name": "k", "scopes": ["admin"]}
        assert stale.client.post(KEYS, wish, headers=stale.browser).reason == "proof_needed"

    def test_given_a_proof_then_other_sessions_have_none_of_it(self, stale: SignedIn, log_in: LogIn) -> None:
        other = log_in("root@example.com")
        other.client.post(PROOF, {"password": PASSWORD}, headers=other.browser).ok()

        assert make_admin_key(stale, 0).reason == "proof_needed"

    @pytest.mark.same_everywhere
    def test_given_a_wrong_password_then_401_and_it_counts_as_a_login(
        self, client: ApiClient, stale: SignedIn
    ) -> None:
        wrong = [stale.call("POST", PROOF, {"password": "not this one"}).status for _ in range(12)]

        assert wrong == [401] * 10 + [429] * 2
        body = {"email": "root@example.com", "password": PASSWORD}
        assert client.post("/api/v1/auth/login", body).status == 429
        assert make_admin_key(stale, 0).reason == "proof_needed"

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("body", [{}, {"password": "x", "wechat_code": "y"}])
    def test_given_not_one_of_the_two_then_422(self, root: SignedIn, body: dict[str, str]) -> None:
        assert root.call("POST", PROOF, body).status == 422

    def test_given_a_key_then_it_proves_nothing(self, root: SignedIn) -> None:
        key = root.client.as_(root.make_key(scopes=["read", "write", "admin"])["key"])

        answer = key.post(PROOF, {"password": PASSWORD})

        assert (answer.status, answer.reason) == (403, "forbidden")

    def test_given_a_session_of_the_future_then_it_opens_nothing(
        self, add_user: AddUser, log_in: LogIn, time: Clock
    ) -> None:
        add_user()
        with time.ahead(minutes=10):
            ada = log_in()

        assert make_admin_key(ada, 0).status == 401

    def test_given_a_proof_of_the_future_then_it_is_none(self, stale: SignedIn, time: Clock) -> None:
        with time.ahead(minutes=10):
            stale.call("POST", PROOF, {"password": PASSWORD}).ok()

        answer = make_admin_key(stale, 0)

        assert (answer.status, answer.reason) == (403, "proof_needed")


class TestByWechat:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application that has a mini-program."""
        return app_with(**wechat.SETTINGS)

    @pytest.fixture
    def person(self, client: ApiClient, requests_mock: Mocker, time: Clock) -> ApiClient:
        """Somebody who came by WeChat, ten minutes ago."""
        requests_mock.get(wechat.URL, json=wechat.person())
        token = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data["access_token"]
        time.advance(minutes=10)
        return client.as_(token)

    def test_given_a_fresh_code_then_it_is_a_proof(self, person: ApiClient) -> None:
        email = {"email": "ada@example.com", "password": PASSWORD}
        assert person.request("PUT", "/api/v1/auth/email", json=email).reason == "proof_needed"

        person.post(PROOF, {"wechat_code": "fresh"}).ok()

        assert person.request("PUT", "/api/v1/auth/email", json=email).status == 200

    def test_given_the_code_of_somebody_else_then_401(self, person: ApiClient, requests_mock: Mocker) -> None:
        requests_mock.get(wechat.URL, json=wechat.person("o-somebody-else"))

        answer = person.post(PROOF, {"wechat_code": "fresh"})

        assert (answer.status, answer.reason) == (401, "unauthorized")


class TestKeys:
    @pytest.fixture
    def key(self, root: SignedIn) -> ApiClient:
        """The strongest key of an administrator."""
        return root.client.as_(root.make_key(scopes=["read", "write", "admin"])["key"])

    @pytest.mark.parametrize(
        "change",
        [
            {"password": "another long one"},
            {"email": "x@example.com"},
            {"is_admin": True},
            {"is_active": True},
        ],
    )
    def test_given_an_administrators_key_then_it_lets_nobody_in_who_was_not_before(
        self, client: ApiClient, key: ApiClient, root: SignedIn, add_user: AddUser, change: dict[str, Any]
    ) -> None:
        bob = add_user("bob@example.com", is_active=False)

        assert key.patch(f"{USERS}/{bob}", change).reason == "forbidden"
        if "password" in change or "email" in change:
            assert key.patch(f"{USERS}/{root.user_id}", change).reason == "forbidden"

        login = {"email": "bob@example.com", "password": PASSWORD}
        assert client.post("/api/v1/auth/login", login).status == 401
        assert key.post(KEYS, {"name": "k", "scopes": ["admin"]}).reason == "forbidden"

    def test_given_an_administrators_key_then_automation_goes_on(self, key: ApiClient, ada: SignedIn) -> None:
        new = {"username": "new", "email": "new@example.com", "password": "another long one"}

        assert key.post(USERS, new).status == 201
        same = {"username": "Ada L.", "email": "ada@example.com", "is_admin": False, "is_active": True}
        assert key.patch(f"{USERS}/{ada.user_id}", same).status == 200
        assert key.patch(f"{USERS}/{ada.user_id}", {"is_active": False}).status == 200
        assert key.post(KEYS, {"name": "k", "scopes": ["read", "write"]}).status == 200

    @pytest.mark.parametrize("row", ALWAYS, ids=lambda row: row.operation)
    def test_given_any_key_then_403(self, app: Flask, key: ApiClient, row: Endpoint) -> None:
        sample = REQUESTS[row.operation](Scene(app, is_public=False))

        assert key.request(row.method, sample.path, **sample.options).reason == "forbidden"
