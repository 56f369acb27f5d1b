"""Keys of service accounts: shown once, bound to what the account may, and refused at once when revoked."""

from typing import Any

import pytest
from flask import Flask

from tests.support import builders
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.service_accounts.conftest import Robot
from wxcloudrun.kit.security import EVERY_SCOPE, Scope

ME = "/api/v1/auth/me"


def test_given_a_key_then_it_is_shown_once_and_says_who_made_it(shop: Workshop, robot: Robot) -> None:
    [listed] = shop.maintainer.get(f"{robot.url}/keys").ok().items

    assert listed == {name: value for name, value in robot.key.items() if name != "key"}
    assert (listed["scopes"], listed["project"]) == (["read", "write"], shop.project)
    assert listed["created_by"] == shop.people["owner"].username


def test_given_a_projects_account_then_its_key_works_there_alone(
    shop: Workshop, public_shop: Workshop, robot: Robot
) -> None:
    assert robot.client.get(shop.url("/tags")).status == 200
    assert robot.client.get(public_shop.url("/tags")).status == 404
    assert [each["name"] for each in robot.client.get("/api/v1/projects").ok().items] == [shop.project]


def test_given_no_scopes_and_a_maker_without_any_of_the_usual_then_no_key_that_opens_nothing(
    app: Flask, shop: Workshop, robot: Robot
) -> None:
    administers = shop.owner.as_(builders.key(app, shop.people["owner"].actor, frozenset({Scope.ADMIN})))

    refused = administers.post(f"{robot.url}/keys", {"name": "x"})

    assert (refused.status, refused.data["needs_scope"]) == (403, "read")


def test_given_scopes_then_the_key_has_those(shop: Workshop, robot: Robot) -> None:
    made = shop.owner.post(f"{robot.url}/keys", {"name": "look", "scopes": ["read"]}).ok().data
    reads = shop.owner.as_(made["key"])

    assert reads.get(shop.url("/tags")).status == 200
    assert reads.put(shop.url("/upload/a.bin"), b"x").status == 403


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "k", "scopes": ["admin"]}, "scopes.0"),
        ({"name": "k", "scopes": []}, "scopes"),
        ({"name": "k", "expires_in_days": 0}, "expires_in_days"),
        ({"name": "k", "project": "tools"}, "project"),
    ],
)
def test_given_an_impossible_key_then_422_names_the_field(
    shop: Workshop, robot: Robot, body: dict[str, Any], field: str
) -> None:
    refused = shop.owner.post(f"{robot.url}/keys", body)

    assert (refused.status, refused.data["errors"][0]["field"]) == (422, field)


def test_given_a_key_that_ends_then_what_it_makes_ends_with_it(
    app: Flask, shop: Workshop, robot: Robot
) -> None:
    brief = shop.owner.as_(builders.key(app, shop.people["owner"].actor, EVERY_SCOPE, days=1))

    assert brief.post(f"{robot.url}/keys", {"name": "k", "expires_in_days": 2}).status == 403
    made = brief.post(f"{robot.url}/keys", {"name": "k"}).ok().data
    assert made["expires_at"] is not None


def test_given_a_revoked_key_then_it_is_refused_at_once_and_others_work(shop: Workshop, robot: Robot) -> None:
    other = shop.owner.as_(shop.owner.post(f"{robot.url}/keys", {"name": "other"}).ok().data["key"])

    assert shop.owner.delete(f"{robot.url}/keys/{robot.key['id']}").status == 204

    assert robot.client.get(ME).status == 401
    assert other.get(ME).status == 200
    assert [each["name"] for each in shop.owner.get(f"{robot.url}/keys").ok().items] == ["other"]
    assert shop.owner.delete(f"{robot.url}/keys/{robot.key['id']}").status == 404


def test_given_a_disabled_account_then_its_keys_are_refused_until_it_is_enabled(
    shop: Workshop, robot: Robot
) -> None:
    shop.owner.patch(robot.url, {"is_active": False}).ok()
    assert robot.client.get(ME).status == 401

    shop.owner.patch(robot.url, {"is_active": True}).ok()
    assert robot.client.get(ME).status == 200


def test_given_the_key_of_another_account_or_person_then_there_is_none_here(
    shop: Workshop, root: ApiClient, robot: Robot, shared_robot: Robot
) -> None:
    persons = shop.owner.post("/api/v1/auth/keys", {"name": "k"}).ok().data["id"]

    for key_id in (shared_robot.key["id"], persons, "x"):
        assert root.delete(f"{robot.url}/keys/{key_id}").status == 404
    assert shared_robot.client.get(ME).status == 200


class TestKeysOfPeople:
    def test_given_an_administrator_then_they_see_whose_key_may_do_what(
        self, shop: Workshop, root: ApiClient
    ) -> None:
        writer = shop.people["writer"]
        wish = {"name": "ci", "scopes": ["read"], "project": shop.project, "expires_in_days": 7}
        made = shop.writer.post("/api/v1/auth/keys", wish).ok().data

        first, second = root.get(f"/api/v1/users/{writer.id}/keys").ok().items

        assert first == {name: value for name, value in made.items() if name != "key"}
        assert (first["project"], first["scopes"], first["created_by"]) == (
            shop.project, ["read"], writer.username,
        )  # fmt: skip
        assert second["last_used_at"] is not None, "the one that has just made the other"
        page = root.get(f"/api/v1/users/{writer.id}/keys", query={"limit": 1}).ok().data
        assert [each["id"] for each in page["items"]] == [first["id"]]
        assert page["next_cursor"]

    def test_given_a_revocation_then_the_key_is_refused(self, shop: Workshop, root: ApiClient) -> None:
        url = f"/api/v1/users/{shop.people['writer'].id}/keys"
        [key] = root.get(url).ok().items

        assert root.delete(f"{url}/{key['id']}").status == 204

        assert shop.writer.get(ME).status == 401
        assert root.get(url).ok().items == []
        assert root.delete(f"{url}/{key['id']}").status == 404

    @pytest.mark.parametrize("user_id", ["999999", "0", "x"])
    def test_given_nobody_then_404(self, root: ApiClient, user_id: str) -> None:
        assert root.get(f"/api/v1/users/{user_id}/keys").status == 404
        assert root.delete(f"/api/v1/users/{user_id}/keys/1").status == 404

    def test_given_somebody_elses_key_then_it_is_not_found_under_this_user(
        self, shop: Workshop, root: ApiClient
    ) -> None:
        [key] = root.get(f"/api/v1/users/{shop.people['writer'].id}/keys").ok().items

        assert root.delete(f"/api/v1/users/{shop.people['reader'].id}/keys/{key['id']}").status == 404
        assert shop.writer.get(ME).status == 200

    def test_given_a_deleted_user_then_404(self, shop: Workshop, root: ApiClient) -> None:
        url = f"/api/v1/users/{shop.people['writer'].id}"
        root.delete(url).ok()

        assert root.get(f"{url}/keys").status == 404
