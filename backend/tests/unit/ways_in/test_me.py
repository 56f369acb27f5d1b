"""What somebody sees of themselves, and of what lets them in."""

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import ApiClient
from tests.support.logins import SignedIn
from tests.support.second_factors import second_factor

ME = "/api/v1/auth/me"


def test_given_a_login_then_it_shows_every_way_in(ada: SignedIn) -> None:
    ada.make_key(scopes=["read"])
    ada.make_key(scopes=["read", "write", "admin"])

    found = ada.call("GET", ME).data["ways_in"]

    assert found == {
        "has_password": True,
        "email": "ada@example.com",
        "email_verified_at": None,
        "wechat_bound_at": None,
        "keys": {
            "total": 2,
            "by_scope": {
                "download": 0,
                "read": 2,
                "upload": 0,
                "release": 0,
                "write": 1,
                "manage": 0,
                "admin": 1,
            },
        },
        "second_factor": {"enabled_at": None, "recovery_codes_left": 0},
    }


def test_given_a_second_factor_then_it_is_shown(ada: SignedIn) -> None:
    second_factor(ada.client.as_(ada.access_token))

    found = ada.call("GET", ME).data["ways_in"]["second_factor"]

    assert found["enabled_at"] is not None
    assert found["recovery_codes_left"] == 10


def test_given_a_key_then_it_sees_who_it_is_and_no_way_in(ada: SignedIn) -> None:
    key = ada.make_key()["key"]

    seen = ada.client.as_(key).get(ME).data

    assert (seen["id"], seen["ways_in"], seen["notices"]) == (ada.user_id, None, None)


class TestByWechat:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application that has a mini-program."""
        return app_with(**wechat.SETTINGS)

    def test_given_somebody_from_wechat_then_it_is_shown_without_saying_who(
        self, client: ApiClient, requests_mock: Mocker
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())
        person = client.as_(client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data["access_token"])

        found = person.get(ME)

        assert found.data["ways_in"]["wechat_bound_at"] is not None
        assert found.data["ways_in"]["has_password"] is False
        assert person.get("/api/v1/auth/wechat").data["is_bound"] is True
        assert wechat.OPENID not in found.body.decode()
