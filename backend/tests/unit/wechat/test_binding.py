"""One more way in to an account, and never two accounts in one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.logins import PASSWORD, AddUser, LogIn

WECHAT = "/api/v1/auth/wechat"
EMAIL = "/api/v1/auth/email"
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
OTHER = "o-somebody-else"

Arrive = Callable[..., ApiClient]


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application that has a mini-program."""
    return app_with(**wechat.SETTINGS)


@pytest.fixture
def arrive(client: ApiClient, requests_mock: Mocker) -> Arrive:
    """Log somebody in by WeChat."""

    def go(openid: str = wechat.OPENID) -> ApiClient:
        requests_mock.get(wechat.URL, json=wechat.person(openid))
        return client.as_(client.post(WECHAT, {"code": "code"}).ok().data["access_token"])

    return go


def bind(client: ApiClient, email: str = "ada@example.com", password: str = PASSWORD) -> Answer:
    return client.request("PUT", EMAIL, json={"email": email, "password": password})


def bind_wechat(client: ApiClient) -> Answer:
    return client.request("PUT", WECHAT, json={"code": "code"})


class TestEmail:
    def test_given_a_wechat_user_then_address_and_password_get_in_to_the_same_account(
        self, client: ApiClient, arrive: Arrive
    ) -> None:
        person = arrive()
        user_id = person.get(ME).data["id"]

        answer = bind(person, "ADA@example.com")

        assert (answer.status, answer.data["email"], answer.data["id"]) == (200, "ada@example.com", user_id)
        by_password = client.post(LOGIN, {"email": "ada@example.com", "password": PASSWORD})
        assert by_password.ok().data["user"]["id"] == user_id
        assert arrive().get(ME).data["id"] == user_id

    def test_given_somebody_elses_address_then_409_and_nothing_is_merged(
        self, client: ApiClient, arrive: Arrive, add_user: AddUser
    ) -> None:
        ada = add_user()
        person = arrive()

        answer = bind(person, password="another long password")

        assert (answer.status, answer.reason) == (409, "conflict")
        assert person.get(ME).data["email"] is None
        assert (
            client.post(LOGIN, {"email": "ada@example.com", "password": PASSWORD}).data["user"]["id"] == ada
        )

    def test_given_an_account_with_a_password_then_only_that_one_changes_the_address(
        self, client: ApiClient, add_user: AddUser, log_in: LogIn
    ) -> None:
        add_user()
        ada = client.as_(log_in().access_token)

        assert bind(ada, "new@example.com", "a wrong password").status == 403
        assert bind(ada, "new@example.com").data["email"] == "new@example.com"
        assert client.post(LOGIN, {"email": "new@example.com", "password": PASSWORD}).status == 200
        assert client.post(LOGIN, {"email": "ada@example.com", "password": PASSWORD}).status == 401

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "nonsense", "password": PASSWORD}, "email"),
            ({"email": "a@b.example", "password": "short"}, "password"),
            ({"email": "a@b.example"}, "password"),
        ],
    )
    def test_given_what_cannot_be_right_then_422_names_it(
        self, arrive: Arrive, body: dict[str, Any], field: str
    ) -> None:
        answer = arrive().request("PUT", EMAIL, json=body)

        assert answer.status == 422
        assert [each["field"] for each in answer.data["errors"]] == [field]

    def test_given_the_same_again_then_nothing_changes(self, arrive: Arrive) -> None:
        person = arrive()

        assert bind(person).data == bind(person).data


class TestWechat:
    def test_given_a_user_with_a_password_then_wechat_gets_in_to_the_same_account(
        self, client: ApiClient, add_user: AddUser, log_in: LogIn, requests_mock: Mocker, arrive: Arrive
    ) -> None:
        user_id = add_user()
        requests_mock.get(wechat.URL, json=wechat.person())

        answer = bind_wechat(client.as_(log_in().access_token))

        assert (answer.status, answer.data["id"]) == (200, user_id)
        assert arrive().get(ME).data["id"] == user_id

    def test_given_somebody_with_an_account_then_409_and_nothing_is_merged(
        self, client: ApiClient, add_user: AddUser, log_in: LogIn, arrive: Arrive
    ) -> None:
        ada_id = add_user()
        theirs = arrive().get(ME).data["id"]

        answer = bind_wechat(client.as_(log_in().access_token))

        assert (answer.status, answer.reason) == (409, "conflict")
        assert theirs != ada_id
        assert arrive().get(ME).data["id"] == theirs

    def test_given_another_wechat_user_then_the_former_is_let_go(
        self, requests_mock: Mocker, arrive: Arrive
    ) -> None:
        person = arrive()
        user_id = person.get(ME).data["id"]
        requests_mock.get(wechat.URL, json=wechat.person(OTHER))

        bind_wechat(person).ok()

        assert arrive(OTHER).get(ME).data["id"] == user_id
        assert arrive(wechat.OPENID).get(ME).data["id"] != user_id

    def test_given_a_code_that_is_not_valid_then_401_and_nothing_is_bound(
        self, client: ApiClient, add_user: AddUser, log_in: LogIn, requests_mock: Mocker
    ) -> None:
        add_user()
        requests_mock.get(wechat.URL, json=wechat.refusal(40029))

        assert bind_wechat(client.as_(log_in().access_token)).status == 401


@pytest.mark.parametrize("bound", [bind, bind_wechat])
def test_a_key_cannot_give_itself_a_way_in(
    client: ApiClient, add_user: AddUser, log_in: LogIn, requests_mock: Mocker, bound: Any
) -> None:
    add_user()
    requests_mock.get(wechat.URL, json=wechat.person())
    key = log_in().make_key(scopes=["read", "write", "admin"])["key"]

    answer = bound(client.as_(key))

    assert (answer.status, answer.reason) == (403, "forbidden")


@pytest.mark.parametrize("bound", [bind, bind_wechat])
def test_nobody_binds_without_being_logged_in(client: ApiClient, bound: Any) -> None:
    assert bound(client).status == 401
