"""npm logs in with name and password: a key at the first try, and the refusals of every login."""

from typing import Any

import pytest
from flask import Flask

from tests.support import builders
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD, AddUser, SignedIn
from tests.support.moments import Clock
from tests.support.second_factors import second_factor
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.sessions.models import LoginSession
from wxcloudrun.users.models import User

USER = "/npm/tools/-/user/org.couchdb.user:"
SERVICE = "service%3Atools%2Frobot"


def put(
    client: ApiClient,
    name: str = "ada@example.com",
    password: str = PASSWORD,
    project: str = "tools",
    **options: Any,
) -> Answer:
    """Log in as npm does."""
    document = {
        "_id": f"org.couchdb.user:{name}",
        "name": name,
        "password": password,
        "type": "user",
        "roles": [],
        "date": "2026-11-30T00:00:00.000Z",
    }
    url = USER.replace("tools", project) + name
    return client.as_(None).put(url, json=document, **options)


class TestTheKey:
    @pytest.mark.parametrize("name", ["ada@example.com", "ADA@Example.com", "ada", "Ada"])
    @pytest.mark.usefixtures("ada")
    def test_given_an_address_or_a_name_then_a_key_comes_at_the_first_try(
        self, client: ApiClient, name: str
    ) -> None:
        answer = put(client, name)

        assert answer.status == 201
        assert (answer.data["ok"], answer.data["id"]) == (True, f"org.couchdb.user:{name}")
        assert client.as_(answer.data["token"]).get("/npm/tools/-/whoami").data == {"username": "ada"}
        assert answer.headers["Cache-Control"] == "no-store"

    def test_given_the_key_then_it_is_one_like_all_bound_and_recorded(
        self, client: ApiClient, ada: SignedIn, root: SignedIn
    ) -> None:
        key = put(client, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).data["token"]

        [listed] = ada.call("GET", "/api/v1/auth/keys").ok().items
        assert (listed["name"], listed["project"]) == ("npm 192.0.2.7", "tools")
        assert listed["scopes"] == ["read", "write"]
        assert key.startswith(listed["prefix"])
        assert listed["expires_at"] is not None
        entries = root.call("GET", "/api/v1/audit?action=key.made").ok().items
        [entry] = [each for each in entries if each["after"]["id"] == listed["id"]]
        assert (entry["actor_id"], entry["credential"]) == (ada.user_id, "password")
        assert entry["address"] == "192.0.2.7"

    def test_given_another_project_then_the_key_is_good_for_nothing_there(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        ada.call("POST", "/api/v1/projects", {"name": "other"}).ok()
        key = put(client).data["token"]

        assert client.as_(key).get("/npm/other/-/whoami").status == 404
        assert client.as_(key).get("/api/v1/project/other").status == 404

    @pytest.mark.usefixtures("ada")
    def test_given_a_login_of_npm_then_no_session_is_opened(self, app: Flask, client: ApiClient) -> None:
        put(client).ok()

        with app.app_context(), reading() as session:
            assert session.query(LoginSession).count() == 1  # ada's own


class TestRefusals:
    def test_given_whatever_is_wrong_then_the_answer_is_the_same(
        self, client: ApiClient, ada: SignedIn, add_user: AddUser
    ) -> None:
        add_user("idle@example.com", is_active=False)
        add_user("wechat@example.com", password_hash=None)
        ada.call("POST", "/api/v1/service-accounts", {"name": "robot", "project": "tools", "role": "writer"})
        tries = {
            "wrong password": put(client, password="wrong"),
            "wrong password by name": put(client, "ada", "wrong"),
            "no such address": put(client, "nobody@example.com"),
            "no such name": put(client, "nobody"),
            "not active": put(client, "idle@example.com"),
            "no password": put(client, "wechat@example.com"),
            "no person": put(client, SERVICE),
            "no name at all": put(client, " x"),
            "of nobody's project": put(client, "nobody", project="void"),
        }

        shown = {
            name: (each.status, each.body, each.headers["WWW-Authenticate"]) for name, each in tries.items()
        }
        assert set(shown.values()) == {
            (
                401,
                b'{"error": "the name or the password is wrong", "reason": "unauthorized"}\n',
                'Bearer realm="registry"',
            )
        }, shown

    @pytest.mark.usefixtures("ada")
    def test_given_failures_then_all_doors_of_the_account_count_them_together(
        self, client: ApiClient
    ) -> None:
        statuses = [put(client, name, "wrong").status for name in ("ada", "ada@example.com") * 5]
        assert statuses == [401] * 10

        limited = put(client)

        assert (limited.status, limited.reason) == (429, "too_many_requests")
        assert int(limited.headers["Retry-After"]) >= 1
        shown = {"email": "ada@example.com", "password": PASSWORD}
        assert client.as_(None).post("/api/v1/auth/login", shown).status == 429

    @pytest.mark.usefixtures("ada")
    def test_given_a_project_that_is_none_of_theirs_then_it_is_not_told_from_none(
        self, client: ApiClient, root: SignedIn
    ) -> None:
        root.call("POST", "/api/v1/projects", {"name": "hidden"}).ok()
        hidden, absent = put(client, project="hidden"), put(client, project="absent")

        assert (hidden.status, absent.status) == (404, 404)
        assert hidden.body.replace(b"hidden", b"absent") == absent.body

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"password": 1}', b'{"name": "ada"}'])
    @pytest.mark.usefixtures("ada")
    def test_given_what_npm_never_sends_then_400(self, client: ApiClient, body: bytes) -> None:
        answer = client.put(f"{USER}ada", body, headers={"Content-Type": "application/json"})

        assert (answer.status, answer.reason) == (400, "malformed")

    def test_given_as_many_keys_as_one_may_have_then_another_is_refused(
        self, app_with: AppWith, password_hash: str
    ) -> None:
        app = app_with(KEYS_PER_USER="2")
        client, person = ApiClient(sender(app)), builders.person(app, "grace")
        with app.app_context(), transaction() as tx:
            tx.session.get_one(User, person.id).password_hash = password_hash
        client.as_(person.token).post("/api/v1/projects", {"name": "tools"}).ok()

        tries = [put(client, person.email) for _ in range(3)]

        refused = next(each for each in tries if each.status != 201)
        assert (refused.status, refused.data["reason"]) == (403, "forbidden")


class TestSecondFactor:
    def test_given_none_is_brought_then_npm_is_told_to_ask_for_it(
        self, client: ApiClient, ada: SignedIn, time: Clock
    ) -> None:
        telephone = second_factor(ada.client.as_(ada.access_token))
        time.advance(seconds=60)

        asked = put(client)
        assert (asked.status, asked.headers["WWW-Authenticate"]) == (401, "OTP")
        wrong = put(client, headers={"npm-otp": "000000"})
        assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, "OTP")
        assert put(client, headers={"npm-otp": telephone.code()}).status == 201
        assert put(client, headers={"npm-otp": telephone.code()}).status == 401, "a code is good once"
        assert put(client, headers={"npm-otp": telephone.recovery_codes[0]}).status == 201

    def test_given_a_wrong_password_then_nobody_is_asked_for_a_code(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        second_factor(ada.client.as_(ada.access_token))

        refused = put(client, password="wrong")

        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="registry"'
