"""A service account comes in by a key and by nothing else, and makes nothing that could stay behind."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.audit.conftest import entries
from tests.unit.service_accounts.conftest import URL, Robot, robot_of
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import ANONYMOUS
from wxcloudrun.sessions.service.sessions import Opening, SessionService
from wxcloudrun.users.models import User
from wxcloudrun.users.service.administration import UserAdministrationService, UserChange
from wxcloudrun.users.service.passwords import Passwords

ME, KEYS = "/api/v1/auth/me", "/api/v1/auth/keys"


def log_in(client: ApiClient, email: str) -> tuple[int, Any]:
    """Try to log in; return what came."""
    answer = client.post("/api/v1/auth/login", {"email": email, "password": "any password"})
    return answer.status, answer.body


class TestLogins:
    def test_given_its_name_then_the_answer_is_that_of_nobody_after_the_same_work(
        self, client: ApiClient, robot: Robot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored: list[str | None] = []
        verify = Passwords.verify

        def noting(own: Passwords, hash_: str | None, given: str) -> bool:
            stored.append(hash_)
            return verify(own, hash_, given)

        monkeypatch.setattr(Passwords, "verify", noting)

        answers = [log_in(client, name) for name in (robot.data["username"], "nobody@example.com")]

        assert answers[0] == answers[1]
        assert answers[0][0] == 401
        assert stored == [None, None], "a password was verified each time, against nobody's hash"

    def test_given_any_proof_then_no_session_is_opened(self, app: Flask, robot: Robot) -> None:
        with app.app_context():
            sessions: SessionService = app.extensions["services"][SessionService]

            assert sessions.open(ANONYMOUS, robot.id, Opening("test")) is None

    @pytest.mark.parametrize(
        "change", [{"email": "ci@example.com"}, {"password": "a new password"}, {"is_admin": True}]
    )
    def test_given_an_administrator_then_it_is_no_user_whom_they_could_let_in(
        self,
        app: Flask,
        root: ApiClient,
        make_person: Callable[..., Person],
        robot: Robot,
        change: dict[str, Any],
    ) -> None:
        proved = make_person("proved", is_admin=True).actor
        administration: UserAdministrationService = app.extensions["services"][UserAdministrationService]
        with app.app_context(), pytest.raises(NotFound):
            administration.change(proved, robot.id, UserChange(**change))
        assert root.get(f"/api/v1/users/{robot.id}").status == 404
        assert root.get(f"/api/v1/users/{robot.id}/keys").status == 404
        assert root.delete(f"/api/v1/users/{robot.id}").status == 404
        assert robot.id not in [each["id"] for each in root.get("/api/v1/users").ok().items]

    @pytest.mark.parametrize("way", [{"email": "x@example.com"}, {"password_hash": "x"}, {"is_admin": True}])
    def test_given_our_own_code_then_no_row_gets_a_way_in(
        self, app: Flask, robot: Robot, way: dict[str, Any]
    ) -> None:
        def let_in(tx: Transaction) -> None:
            user = tx.session.execute(select(User).where(User.id == robot.id)).scalar_one()
            for name, value in way.items():
                setattr(user, name, value)

        with app.app_context(), pytest.raises(AssertionError, match="API keys only"):
            atomically(let_in)

    def test_given_its_key_then_it_can_bind_no_way_in(self, robot: Robot) -> None:
        email = {"email": "ci@example.com", "password": "a long password"}
        password = {"current_password": "a", "new_password": "a long password"}

        assert robot.client.request("PUT", "/api/v1/auth/email", json=email).status == 403
        assert robot.client.request("PUT", "/api/v1/auth/wechat", json={"code": "c"}).status == 403
        assert robot.client.request("PUT", "/api/v1/auth/password", json=password).status == 403


class TestWhatItMakes:
    def test_given_its_key_then_it_makes_no_key_account_or_project(
        self, shop: Workshop, root: ApiClient, shared_robot: Robot
    ) -> None:
        boss = robot_of(shop.owner, name="boss", project=shop.project, role="owner")

        for each in (boss, shared_robot):
            assert each.client.post(KEYS, {"name": "more"}).status == 403
            assert each.client.post(f"{KEYS}/{each.key['id']}/rotate", {}).status == 403
            assert each.client.post(f"{each.url}/keys", {"name": "more"}).status == 403
            assert each.client.post("/api/v1/projects", {"name": "mine"}).status == 403
        body = {"name": "child", "project": shop.project, "role": "reader"}
        assert boss.client.post(URL, body).status == 403
        assert shared_robot.client.post(URL, {"name": "child"}).status == 403
        accounts = root.get(URL, query={"project": shop.project}).ok().items
        assert [each["name"] for each in accounts] == ["boss"]

    def test_given_its_work_then_it_shows_by_name_and_as_actor(
        self, shop: Workshop, root: ApiClient, robot: Robot
    ) -> None:
        robot.client.put(shop.url("/upload/a.bin"), b"x", query={"version": "1.0.0"}).ok()

        version = shop.reader.get(shop.url("/versions/1.0.0")).ok().data
        assert version["created_by"] == robot.data["username"]
        entry = entries(root, action="upload.accepted")[-1]
        assert (entry["actor_id"], entry["credential"]) == (robot.id, "api_key")
        assert entry["credential_id"] == str(robot.key["id"])

    def test_given_who_it_is_then_it_says_that_it_is_no_person(self, robot: Robot) -> None:
        me = robot.client.get(ME).ok().data

        assert (me["id"], me["kind"], me["email"], me["is_admin"]) == (robot.id, "service", None, False)

    def test_given_its_own_key_then_it_can_give_it_back(self, robot: Robot) -> None:
        assert robot.client.delete("/api/v1/auth/token").status == 204
        assert robot.client.get(ME).status == 401
