"""After somebody has ended everything, or an administrator has, no old way in works."""

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.logins import PASSWORD, LogIn, SignedIn, add_project
from tests.support.second_factors import Telephone, second_factor

END = "/api/v1/auth/end-everything"
ME = "/api/v1/auth/me"
USERS = "/api/v1/users"
LOGIN = "/api/v1/auth/login"
NEW = "another long one"


@pytest.fixture
def app(app_with: AppWith, requests_mock: Mocker) -> Flask:
    """An application that has a mini-program, which knows one person."""
    requests_mock.get(wechat.URL, json=wechat.person())
    return app_with(**wechat.SETTINGS)


class Entrances:
    """Everything by which somebody gets in, and a thief with it."""

    def __init__(self, app: Flask, ada: SignedIn, other: SignedIn) -> None:
        self.ada, self.other = ada, other
        client = ada.client
        ada.client.request("PUT", "/api/v1/auth/wechat", json={"code": "c"}, headers=ada.bearer).ok()
        self.wechat = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data["access_token"]
        self.keys = [ada.make_key()["key"], ada.make_key(scopes=["read", "write", "admin"])["key"]]
        keyed = client.as_(self.keys[1])
        keyed.post("/api/v1/auth/keys", {"name": "child", "scopes": ["read"]}).ok()
        add_project(app, "tools", ada.user_id)
        ada.call("POST", "/api/v1/project/tools/packages", {"name": "box"}).ok()
        url = "/api/v1/project/tools/box/uploads/sessions"
        self.upload = ada.call("POST", url, {"filename": "a", "size": 3}).ok().data

    def open_ones(self) -> list[str]:
        """Return which of them still lead in."""
        client = self.ada.client
        tried = {
            "token": client.get(ME, headers=self.ada.bearer),
            "cookie": client.get(ME, headers=self.ada.browser),
            "refresh": client.post("/api/v1/auth/refresh", {"refresh_token": self.ada.refresh_token}),
            "other token": client.get(ME, headers=self.other.bearer),
            "other cookie": client.get(ME, headers=self.other.browser),
            "wechat's token": client.as_(self.wechat).get(ME),
            "key": client.as_(self.keys[0]).get(ME),
            "admin key": client.as_(self.keys[1]).get(ME),
            "upload token": client.as_(self.upload["token"]).put(f"{self.upload['url']}/parts/1", b"abc"),
        }
        return [name for name, answer in tried.items() if answer.status < 400]

    def by_wechat(self) -> Answer:
        """Log in by WeChat."""
        return self.ada.client.post("/api/v1/auth/wechat", {"code": "c"})


@pytest.fixture
def doors(app: Flask, ada: SignedIn, log_in: LogIn) -> Entrances:
    """Somebody with every way in that there is."""
    return Entrances(app, ada, log_in())


def upload_state(doors: Entrances, client: ApiClient) -> str:
    """Return what has become of the upload."""
    return str(client.get(str(doors.upload["url"])).ok().data["state"])


class TestByThePerson:
    def test_given_everything_is_ended_then_nothing_works_but_the_password(
        self, doors: Entrances, log_in: LogIn
    ) -> None:
        doors.ada.call("POST", END, {}).ok()

        assert doors.open_ones() == []
        fresh = log_in()
        assert fresh.call("GET", ME).data["ways_in"]["keys"]["total"] == 0
        assert fresh.call("GET", "/api/v1/auth/wechat").data == {"is_bound": False, "bound_at": None}
        assert upload_state(doors, fresh.client.as_(fresh.access_token)) == "expired"
        assert doors.by_wechat().ok().data["user"]["id"] != doors.ada.user_id

    def test_given_that_this_session_shall_stay_then_it_alone_does(self, doors: Entrances) -> None:
        doors.ada.call("POST", END, {"keep_session": True}).ok()

        assert doors.open_ones() == ["token", "cookie", "refresh"]

    def test_given_wechat_as_the_only_way_in_then_it_stays(self, client: ApiClient) -> None:
        first = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data
        client.as_(first["access_token"]).post(END, {}).ok()

        assert client.as_(first["access_token"]).get(ME).status == 401
        again = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data
        assert again["user"]["id"] == first["user"]["id"]

    @pytest.mark.parametrize(("end_everything", "left"), [(False, {"key", "admin key"}), (True, set())])
    def test_given_a_new_password_then_it_ends_everything_if_asked(
        self, doors: Entrances, *, end_everything: bool, left: set[str]
    ) -> None:
        body = {"current_password": PASSWORD, "new_password": NEW, "end_everything": end_everything}

        doors.ada.call("PUT", "/api/v1/auth/password", body).ok()

        assert set(doors.open_ones()) - {"token", "cookie", "refresh", "upload token"} == left
        bound = doors.ada.call("GET", "/api/v1/auth/wechat").data["is_bound"]
        assert bound is not end_everything


class TestByAnAdministrator:
    @pytest.fixture
    def telephone(self, doors: Entrances) -> Telephone:
        """A second factor, which a thief may have set up."""
        return second_factor(doors.ada.client.as_(doors.ada.access_token))

    def test_given_a_reset_then_no_old_way_in_works(
        self, doors: Entrances, telephone: Telephone, root: SignedIn, client: ApiClient
    ) -> None:
        root.call("PATCH", f"{USERS}/{doors.ada.user_id}", {"password": NEW}).ok()

        assert doors.open_ones() == []
        assert doors.by_wechat().ok().data["user"]["id"] != doors.ada.user_id
        old = {"email": "ada@example.com", "password": PASSWORD, "totp": telephone.code(seconds=30)}
        assert client.post(LOGIN, old).status == 401
        fresh = client.post(LOGIN, {"email": "ada@example.com", "password": NEW}).ok().data
        notices = [each["what"] for each in fresh["notices"]]
        assert notices[:2] == ["ways_in.ended", "user.changed"]

    def test_given_nobody_could_use_the_password_then_409_and_nothing_is_ended(
        self, root: SignedIn, client: ApiClient
    ) -> None:
        person = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data
        url = f"{USERS}/{person['user']['id']}"

        assert root.call("PATCH", url, {"password": NEW}).status == 409
        assert client.as_(person["access_token"]).get(ME).status == 200

        both = {"password": NEW, "email": "new@example.com"}
        assert root.call("PATCH", url, both).status == 200
        assert client.as_(person["access_token"]).get(ME).status == 401
