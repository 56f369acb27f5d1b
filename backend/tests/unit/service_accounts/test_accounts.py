"""Service accounts: who owns them, who manages them, what they are called."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support import builders
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.service_accounts.conftest import URL, Robot, robot_of
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.security import Scope
from wxcloudrun.users.models import User


def members(shop: Workshop) -> dict[int, tuple[str, str]]:
    """Return what everybody in the project is."""
    listed = shop.owner.get(f"/api/v1/project/{shop.project}/members").ok().items
    return {each["user_id"]: (each["kind"], each["role"]) for each in listed}


def set_role(client: ApiClient, project: str, account_id: int, role: str) -> int:
    """Give somebody a role in a project; return the status."""
    url = f"/api/v1/project/{project}/members/{account_id}"
    return client.request("PUT", url, json={"role": role}).status


class TestMaking:
    def test_given_an_owner_then_the_project_has_an_account_with_a_role(self, shop: Workshop) -> None:
        made = shop.owner.post(URL, {"name": "ci", "project": shop.project, "role": "writer"}).ok()

        assert made.status == 201
        assert {name: made.data[name] for name in made.data if name not in {"id", "created_at"}} == {
            "name": "ci",
            "username": f"service:{shop.project}/ci",
            "project": shop.project,
            "role": "writer",
            "is_active": True,
            "created_by": shop.people["owner"].username,
        }
        assert shop.owner.get(f"{URL}/{made.data['id']}").ok().data == made.data
        assert shop.owner.get(URL, query={"project": shop.project}).ok().items == [made.data]

    def test_given_an_administrator_then_the_account_belongs_to_no_project(
        self, root: ApiClient, shop: Workshop
    ) -> None:
        made = root.post(URL, {"name": "mirror"}).ok().data

        assert (made["username"], made["project"], made["role"]) == ("service:mirror", None, None)
        assert root.get(URL).ok().items == [made]
        assert shop.owner.get(URL, query={"project": shop.project}).ok().items == []

    def test_given_members_then_they_say_who_is_a_person(self, shop: Workshop, robot: Robot) -> None:
        assert members(shop)[robot.id] == ("service", "writer")
        assert members(shop)[shop.people["writer"].id] == ("person", "writer")

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "Größe"}, "name"),
            ({"name": "x" * 64}, "name"),
            ({"name": "undefined"}, "name"),
            ({"name": "a/b"}, "name"),
            ({"name": "ci", "role": "writer"}, "role"),
            ({"name": "ci", "project": "tools"}, "role"),
            ({"name": "ci", "project": "tools", "role": "root"}, "role"),
            ({"name": "ci", "email": "ci@example.com"}, "email"),
        ],
    )
    def test_given_an_impossible_account_then_422_names_the_field(
        self, root: ApiClient, body: dict[str, Any], field: str
    ) -> None:
        refused = root.post(URL, body)

        assert (refused.status, refused.data["errors"][0]["field"]) == (422, field)

    def test_given_a_list_in_pages_then_each_is_there_once(self, shop: Workshop) -> None:
        for number in range(3):
            robot_of(shop.owner, name=f"ci-{number}", project=shop.project, role="reader")

        query: dict[str, object] = {"project": shop.project, "limit": 2}
        first = shop.owner.get(URL, query=query).ok().data
        second = shop.owner.get(URL, query={**query, "cursor": first["next_cursor"]}).ok().data

        assert [each["name"] for each in first["items"] + second["items"]] == ["ci-0", "ci-1", "ci-2"]
        assert second["next_cursor"] is None


class TestNames:
    def test_given_a_taken_name_then_409_and_only_the_owner_counts(
        self, shop: Workshop, root: ApiClient
    ) -> None:
        robot_of(shop.owner, name="ci", project=shop.project, role="writer")
        again = shop.owner.post(URL, {"name": "ci", "project": shop.project, "role": "reader"})
        shop.stranger.post("/api/v1/projects", {"name": "other"}).ok()

        assert (again.status, again.data["field"]) == (409, "name")
        assert root.post(URL, {"name": "ci"}).status == 201
        assert root.post(URL, {"name": "ci"}).status == 409
        other = shop.stranger.post(URL, {"name": "ci", "project": "other", "role": "reader"})
        assert other.ok().data["username"] == "service:other/ci"

    @pytest.mark.parametrize("name", ["service:tools/ci", "SERVICE:ci"])
    def test_given_a_person_then_they_cannot_be_called_like_an_account(
        self, root: ApiClient, client: ApiClient, name: str
    ) -> None:
        body = {"email": "eve@example.com", "password": "correct horse battery", "username": name}

        refused = client.post("/api/v1/auth/register", body)

        assert (refused.status, refused.data["errors"][0]["field"]) == (422, "username")
        assert root.post("/api/v1/users", {"username": name, "email": "eve@example.com"}).status == 422

    def test_given_another_name_then_the_old_one_is_free(self, shop: Workshop, robot: Robot) -> None:
        renamed = shop.owner.patch(robot.url, {"name": "cd"}).ok().data

        assert (renamed["name"], renamed["username"]) == ("cd", f"service:{shop.project}/cd")
        body = {"name": "ci", "project": shop.project, "role": "reader"}
        made = shop.owner.post(URL, body).ok().data
        assert shop.owner.patch(f"{URL}/{made['id']}", {"name": "cd"}).status == 409
        assert robot.client.get("/api/v1/auth/me").ok().data["username"] == renamed["username"]


class TestManaging:
    def test_given_a_key_with_the_scope_admin_alone_then_it_makes_and_changes_accounts(
        self, app: Flask, shop: Workshop
    ) -> None:
        actor = shop.people["owner"].actor
        admin = shop.owner.as_(builders.key(app, actor, frozenset({Scope.ADMIN})))

        made = admin.post(URL, {"name": "ci", "project": shop.project, "role": "reader"})

        assert made.status == 201
        changed = admin.patch(f"{URL}/{made.data['id']}", {"is_active": False})
        assert (changed.status, changed.data["is_active"]) == (200, False)

    def test_given_a_role_then_it_changes_as_a_members_does(self, shop: Workshop, robot: Robot) -> None:
        assert set_role(shop.maintainer, shop.project, robot.id, "reader") == 200

        assert shop.owner.get(robot.url).ok().data["role"] == "reader"
        assert robot.client.put(shop.url("/upload/a.bin"), b"x").status == 403
        assert set_role(shop.maintainer, shop.project, robot.id, "owner") == 403

    def test_given_an_account_of_another_project_then_it_does_not_get_in(
        self, shop: Workshop, robot: Robot
    ) -> None:
        shop.stranger.post("/api/v1/projects", {"name": "other"}).ok()

        assert set_role(shop.stranger, "other", robot.id, "reader") == 404

    def test_given_an_account_of_the_administrators_then_projects_let_it_in(
        self, shop: Workshop, shared_robot: Robot
    ) -> None:
        assert shared_robot.client.get(shop.url("/tags")).status == 404
        assert set_role(shop.owner, shop.project, shared_robot.id, "writer") == 200

        assert shared_robot.client.put(shop.url("/upload/a.bin"), b"x").status == 200
        assert members(shop)[shared_robot.id] == ("service", "writer")
        assert shop.owner.get(shared_robot.url).status == 404
        assert shop.owner.patch(shared_robot.url, {"is_active": False}).status == 404

    @pytest.mark.parametrize(
        "send",
        [
            lambda who: who.get(URL),
            lambda who: who.post(URL, {"name": "mine"}),
        ],
    )
    def test_given_no_administrator_then_403(self, shop: Workshop, send: Any) -> None:
        assert send(shop.owner).status == 403

    def test_given_an_absent_account_then_it_answers_as_an_invisible_one(
        self, shop: Workshop, root: ApiClient, robot: Robot
    ) -> None:
        there, absent = shop.stranger.get(robot.url), shop.stranger.get(f"{URL}/999999")

        assert (there.status, absent.status) == (404, 404)
        assert there.msg.replace(str(robot.id), "999999") == absent.msg
        for odd in ("0", "x", "9" * 30):
            assert root.get(f"{URL}/{odd}").status == 404
        assert root.get(f"{URL}/{shop.people['writer'].id}").status == 404, "a person is none"

    def test_given_an_owner_who_is_none_any_more_then_the_account_lives_on(
        self, shop: Workshop, root: ApiClient, robot: Robot
    ) -> None:
        set_role(root, shop.project, shop.people["stranger"].id, "owner")

        root.patch(f"/api/v1/users/{shop.people['owner'].id}", {"is_active": False}).ok()
        assert robot.client.put(shop.url("/upload/a.bin"), b"x").status == 200
        root.delete(f"/api/v1/users/{shop.people['owner'].id}").ok()

        assert robot.client.put(shop.url("/upload/b.bin"), b"y").status == 200
        left = shop.stranger.get(robot.url).ok().data
        assert (left["is_active"], left["created_by"]) == (True, None)

    def test_given_a_service_account_as_owner_then_the_last_person_stays(
        self, shop: Workshop, root: ApiClient
    ) -> None:
        robot = robot_of(shop.owner, name="boss", project=shop.project, role="owner")
        owner = shop.people["owner"].id

        assert set_role(root, shop.project, owner, "reader") == 409
        assert shop.owner.delete(f"/api/v1/project/{shop.project}/members/{owner}").status == 409
        assert root.delete(f"/api/v1/users/{owner}").status == 409
        assert shop.owner.delete(f"/api/v1/project/{shop.project}/members/{robot.id}").status == 204


class TestDeleting:
    def test_given_a_deleted_account_then_its_name_is_free_and_its_work_stays(
        self, shop: Workshop, robot: Robot
    ) -> None:
        robot.client.put(shop.url("/upload/a.bin"), b"x", query={"version": "1.0.0"}).ok()

        assert shop.owner.delete(robot.url).status == 204

        assert shop.owner.get(robot.url).status == 404
        assert robot.id not in members(shop)
        assert robot.client.get("/api/v1/auth/me").status == 401
        assert shop.reader.get(shop.url("/versions/1.0.0")).ok().data["created_by"] is None
        again = robot_of(shop.owner, name="ci", project=shop.project, role="writer")
        assert again.id != robot.id

    def test_given_a_deleted_project_then_its_accounts_are_gone_with_it(
        self, app: Flask, shop: Workshop, root: ApiClient, robot: Robot
    ) -> None:
        shop.owner.delete(f"/api/v1/project/{shop.project}", query={"force": "true"}).ok()

        assert robot.client.get("/api/v1/auth/me").status == 401
        assert root.get(robot.url).status == 404
        with app.app_context(), reading() as session:
            user = session.execute(select(User).where(User.id == robot.id)).scalar_one()
        shown: tuple[str | None, bool, bool] = (user.username, user.is_active, user.deleted_at is None)
        assert shown == (None, False, False)
        root.post("/api/v1/projects", {"name": shop.project}).ok()
        again = robot_of(root, name="ci", project=shop.project, role="writer")
        assert again.client.get(f"/api/v1/project/{shop.project}").ok().data["role"] == "writer"
        assert robot.client.get("/api/v1/auth/me").status == 401
