"""Getting in by WeChat: every answer that it can give, and what becomes of it."""

import json
from typing import Any

import pytest
import requests
from flask import Flask
from requests_mock import Mocker
from sqlalchemy import select

from tests.support import wechat
from tests.support.apps import AppWith, MakeApp
from tests.support.client import Answer, ApiClient, sender
from tests.support.database_dump import everything_stored
from tests.support.logins import cookie_of
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.users.models import User
from wxcloudrun.wechat.models import WechatIdentity

PATH = "/api/v1/auth/wechat"
ME = "/api/v1/auth/me"
CLOUD = {"WX_TRUST_CLOUD_HEADERS": "true", "TRUSTED_PROXY_HOPS": "1"}


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application that has a mini-program."""
    return app_with(**wechat.SETTINGS)


def log_in(client: ApiClient, code: str = "code", **options: Any) -> Answer:
    return client.post(PATH, {"code": code}, **options)


def identities(app: Flask) -> list[WechatIdentity]:
    with app.app_context(), reading() as session:
        return list(session.execute(select(WechatIdentity)).scalars())


class TestLogin:
    def test_given_a_new_person_then_they_become_a_user(
        self, client: ApiClient, requests_mock: Mocker, app: Flask
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person(unionid=wechat.UNIONID))

        answer = log_in(client)

        assert answer.status == 200
        tokens = {"access_token", "token_type", "expires_in", "refresh_token"}
        assert set(answer.data) == tokens | {"user", "notices"}
        assert (answer.data["user"]["email"], answer.data["user"]["is_admin"]) == (None, False)
        assert [(each.openid, each.unionid) for each in identities(app)] == [(wechat.OPENID, wechat.UNIONID)]
        me = client.as_(answer.data["access_token"]).get(ME).data
        assert me.items() >= answer.data["user"].items()

    def test_given_a_login_then_the_cookie_works_like_that_of_any_other(
        self, client: ApiClient, requests_mock: Mocker
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())

        cookie = cookie_of(log_in(client))["session_id"]

        assert cookie["httponly"]
        assert client.get(ME, headers={"Cookie": f"session_id={cookie.value}"}).status == 200

    def test_given_the_same_person_again_then_it_is_the_same_user(
        self, client: ApiClient, requests_mock: Mocker, app: Flask
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())

        first, second = log_in(client, "one"), log_in(client, "two")

        assert first.data["user"] == second.data["user"]
        assert len(identities(app)) == 1

    def test_given_a_unionid_that_comes_later_then_it_is_kept(
        self, client: ApiClient, requests_mock: Mocker, app: Flask
    ) -> None:
        answers = [{"json": wechat.person()}, {"json": wechat.person(unionid=wechat.UNIONID)}]
        requests_mock.get(wechat.URL, [*answers, {"json": wechat.person()}])

        for _ in range(3):
            log_in(client).ok()

        assert [each.unionid for each in identities(app)] == [wechat.UNIONID]
        with app.app_context(), reading() as session:
            linked = select(AuditEntry).where(AuditEntry.action == "wechat.linked")
            assert [each.after for each in session.execute(linked).scalars()] == [
                '{"replaces_another": false}'
            ]

    def test_it_asks_wechat_as_wechat_wants_to_be_asked(
        self, client: ApiClient, requests_mock: Mocker
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())

        log_in(client, "the code & more")

        asked = requests_mock.last_request
        assert asked is not None
        assert asked.url.startswith(wechat.URL)
        assert asked.qs == {
            "appid": [wechat.APPID],
            "secret": [wechat.SECRET],
            "js_code": ["the code & more"],
            "grant_type": ["authorization_code"],
        }

    def test_given_closed_registration_then_only_known_people_get_in(
        self, make_app: MakeApp, requests_mock: Mocker
    ) -> None:
        closed = ApiClient(sender(make_app(**wechat.SETTINGS, REGISTRATION_ENABLED="false")))
        requests_mock.get(wechat.URL, json=wechat.person())

        answer = log_in(closed)

        assert (answer.status, answer.reason) == (403, "forbidden")

    def test_given_a_user_who_was_deactivated_then_401(
        self, client: ApiClient, requests_mock: Mocker, app: Flask
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())
        user_id = log_in(client).data["user"]["id"]
        with app.app_context(), transaction() as tx:
            tx.session.get_one(User, user_id).is_active = False

        answer = log_in(client)

        assert answer.status == 401
        assert "Set-Cookie" not in answer.headers

    def test_the_session_key_goes_nowhere(self, client: ApiClient, requests_mock: Mocker, app: Flask) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())

        answer = log_in(client)

        assert wechat.SESSION_KEY not in answer.body.decode() + str(answer.headers)
        assert wechat.SESSION_KEY not in everything_stored(app)


@pytest.mark.same_everywhere
class TestRefusals:
    def test_given_good_logins_before_then_the_first_and_the_tenth_refusal_are_written_down(
        self, client: ApiClient, requests_mock: Mocker, app: Flask
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())
        for _ in range(2):
            log_in(client).ok()
        requests_mock.get(wechat.URL, json=wechat.refusal(40029))
        for _ in range(11):
            assert log_in(client).status == 401

        refused = select(AuditEntry.after).where(AuditEntry.action == "login.refused").order_by(AuditEntry.id)
        with app.app_context(), reading() as session:
            said = [json.loads(each or "") for each in session.execute(refused).scalars()]
        assert said == [{"failures": number, "why": "wechat"} for number in (1, 10)]

    @pytest.mark.parametrize(
        ("errcode", "status", "reason", "calls"),
        [
            (40029, 401, "unauthorized", 1),
            (40163, 401, "unauthorized", 1),
            (45011, 429, "too_many_requests", 1),
            (40226, 403, "forbidden", 1),
            (-1, 503, "unavailable", 2),
            (40125, 503, "unavailable", 1),
            (99999, 503, "unavailable", 1),
        ],
    )
    def test_given_an_errcode_then_its_meaning_is_answered(
        self,
        client: ApiClient,
        requests_mock: Mocker,
        errcode: int,
        status: int,
        reason: str,
        calls: int,
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.refusal(errcode))

        answer = log_in(client)

        assert (answer.status, answer.reason) == (status, reason)
        assert requests_mock.call_count == calls
        assert ("Retry-After" in answer.headers) == (status in {429, 503})
        assert wechat.SESSION_KEY not in answer.body.decode()

    def test_given_a_busy_wechat_then_the_second_try_counts(
        self, client: ApiClient, requests_mock: Mocker
    ) -> None:
        requests_mock.get(wechat.URL, [{"json": wechat.refusal(-1)}, {"json": wechat.person()}])

        assert log_in(client).status == 200

    def test_given_a_busy_wechat_then_the_refusal_of_the_second_try_counts(
        self, client: ApiClient, requests_mock: Mocker
    ) -> None:
        requests_mock.get(wechat.URL, [{"json": wechat.refusal(-1)}, {"json": wechat.refusal(40029)}])

        assert log_in(client).status == 401

    @pytest.mark.parametrize(
        "failure", [requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError]
    )
    def test_given_no_answer_then_503_and_the_code_is_not_spent_twice(
        self, client: ApiClient, requests_mock: Mocker, failure: type[Exception]
    ) -> None:
        requests_mock.get(wechat.URL, exc=failure(f"no answer from {wechat.URL}?secret={wechat.SECRET}"))

        answer = log_in(client)

        assert (answer.status, answer.reason) == (503, "unavailable")
        assert requests_mock.call_count == 1
        assert wechat.SECRET not in answer.body.decode()

    @pytest.mark.parametrize(
        "strange",
        [
            {"text": "<html>busy</html>"},
            {"text": ""},
            {"text": "[]"},
            {"text": "null"},
            {"text": "[" * 30_000},
            {"json": {}},
            {"json": {"openid": ""}},
            {"json": {"openid": None}},
            {"json": {"openid": 7}},
            {"json": {"openid": "x" * 65}},
            {"json": {"openid": "a b"}},
            {"json": {"errcode": "40029"}},
            {"json": {"errcode": {"code": 40029}}},
            {"json": {**wechat.person(), "more": "x" * 70_000}},
            {"json": wechat.person(), "status_code": 500},
            {
                "json": wechat.person(),
                "status_code": 302,
                "headers": {"Location": "https://elsewhere.example"},
            },
        ],
        ids=lambda strange: str(strange)[:50],
    )
    def test_given_an_answer_that_means_nothing_then_503(
        self, client: ApiClient, requests_mock: Mocker, strange: dict[str, Any]
    ) -> None:
        requests_mock.get(wechat.URL, **strange)

        answer = log_in(client)

        assert (answer.status, answer.reason) == (503, "unavailable")

    @pytest.mark.parametrize(
        "body", [{}, {"code": None}, {"code": ""}, {"code": 7}, {"code": "x" * 513}, {"c": "x"}]
    )
    def test_given_no_code_then_422_and_wechat_is_not_asked(
        self, client: ApiClient, requests_mock: Mocker, body: dict[str, Any]
    ) -> None:
        assert client.post(PATH, body).status == 422
        assert requests_mock.call_count == 0

    def test_given_no_mini_program_then_503_says_what_is_missing(self, make_app: MakeApp) -> None:
        answer = log_in(ApiClient(sender(make_app())))

        assert answer.status == 503
        assert "WX_APPID" in answer.msg


STATED = {"X-WX-OPENID": wechat.OPENID, "X-WX-UNIONID": wechat.UNIONID}
THROUGH = {"X-Forwarded-For": "198.51.100.7"}


@pytest.mark.same_everywhere
class TestCloudGateway:
    """Behind WeChat Cloud Hosting the gateway states who calls; anywhere else anybody could."""

    def test_given_the_gateway_then_its_word_is_enough(self, app_with: AppWith) -> None:
        app = app_with(**CLOUD)
        client = ApiClient(sender(app))

        answer = client.post(PATH, {}, headers={**STATED, **THROUGH})

        assert answer.status == 200
        assert [(each.openid, each.unionid) for each in identities(app)] == [(wechat.OPENID, wechat.UNIONID)]

    @pytest.mark.parametrize(
        ("settings", "headers"),
        [
            ({}, {**STATED, **THROUGH}),
            ({"TRUSTED_PROXY_HOPS": "1"}, {**STATED, **THROUGH}),
            (CLOUD, STATED),
            ({**CLOUD, "TRUSTED_PROXY_HOPS": "2"}, {**STATED, **THROUGH}),
            (CLOUD, {"X-WX-OPENID": "not an id", **THROUGH}),
        ],
        ids=["not set", "a proxy only", "past the proxy", "past one of two", "no openid"],
    )
    def test_given_anybody_else_then_the_header_means_nothing(
        self, app_with: AppWith, settings: dict[str, str], headers: dict[str, str]
    ) -> None:
        client = ApiClient(sender(app_with(**settings)))

        assert client.post(PATH, {}, headers=headers).status == 422

    @pytest.mark.parametrize("path", [ME, "/api/v1/projects", "/api/v1/auth/keys"])
    def test_it_logs_nobody_in_anywhere_else(self, app_with: AppWith, path: str) -> None:
        client = ApiClient(sender(app_with(**CLOUD)))

        assert client.get(path, headers={**STATED, **THROUGH}).status == 401
