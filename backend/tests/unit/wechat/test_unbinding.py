"""Seeing that WeChat lets one in, and stopping that."""

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import ApiClient
from tests.support.logins import SignedIn
from tests.support.moments import Clock

WECHAT = "/api/v1/auth/wechat"


@pytest.fixture
def app(app_with: AppWith, requests_mock: Mocker) -> Flask:
    """An application that has a mini-program."""
    requests_mock.get(wechat.URL, json=wechat.person())
    return app_with(**wechat.SETTINGS)


@pytest.fixture
def bound(ada: SignedIn) -> SignedIn:
    """Somebody with a password whom WeChat lets in as well."""
    ada.client.request("PUT", WECHAT, json={"code": "c"}, headers=ada.bearer).ok()
    return ada


def test_given_nobody_is_bound_then_it_says_so_and_there_is_nothing_to_unbind(ada: SignedIn) -> None:
    assert ada.call("GET", WECHAT).data == {"is_bound": False, "bound_at": None}
    assert ada.call("DELETE", WECHAT).status == 404


def test_given_a_bound_person_then_unbinding_closes_that_way(client: ApiClient, bound: SignedIn) -> None:
    assert bound.call("GET", WECHAT).data["is_bound"] is True
    assert wechat.OPENID not in bound.call("GET", WECHAT).body.decode()

    assert bound.call("DELETE", WECHAT).status == 204

    assert bound.call("GET", WECHAT).data["is_bound"] is False
    assert client.post(WECHAT, {"code": "c"}).ok().data["user"]["id"] != bound.user_id


def test_given_the_last_way_in_then_it_stays(client: ApiClient) -> None:
    person = client.as_(client.post(WECHAT, {"code": "c"}).ok().data["access_token"])

    answer = person.delete(WECHAT)

    assert (answer.status, answer.reason) == (409, "conflict")
    assert person.get(WECHAT).data["is_bound"] is True


def test_given_a_stolen_token_then_it_binds_nobody(ada: SignedIn, time: Clock, requests_mock: Mocker) -> None:
    requests_mock.get(wechat.URL, json=wechat.person("o-the-thief"))
    time.advance(minutes=6)

    answer = ada.client.request("PUT", WECHAT, json={"code": "c"}, headers=ada.bearer)

    assert (answer.status, answer.reason) == (403, "proof_needed")
