"""Projects: made by anybody, seen by those who belong, deleted by owners."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support import builders
from tests.support.apps import MakeApp
from tests.support.builders import Person
from tests.support.client import Answer, ApiClient, sender
from tests.support.registry import Workshop
from wxcloudrun.kit.security import EVERY_SCOPE, Scope

PROJECTS = "/api/v1/projects"
MISSING = "/api/v1/project/there-is-none"

MakePerson = Callable[..., Person]


def url_of(shop: Workshop) -> str:
    """Return where the shop's project is."""
    return f"/api/v1/project/{shop.project}"


def names(client: ApiClient) -> set[str]:
    """Return the projects that a caller sees in the list."""
    return {project["name"] for project in client.get(PROJECTS, query={"limit": 200}).ok().items}


@pytest.fixture
def ada(client: ApiClient, make_person: MakePerson) -> ApiClient:
    """Somebody."""
    return client.as_(make_person("ada").token)


class TestCreating:
    def test_whoever_makes_one_owns_it(self, ada: ApiClient) -> None:
        made = ada.post(PROJECTS, {"name": "tools", "description": "测试"}).ok().data

        assert (made["name"], made["description"], made["is_public"]) == ("tools", "测试", False)
        assert made["role"] == "owner"
        assert made["created_by"].startswith("ada")
        assert made["created_at"].endswith("Z")
        assert ada.get("/api/v1/project/tools").ok().data == made

    def test_a_public_one_is_asked_for(self, ada: ApiClient) -> None:
        assert ada.post(PROJECTS, {"name": "tools", "is_public": True}).ok().data["is_public"] is True

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": ""}, "name"),
            ({"name": "Tools"}, "name"),
            ({"name": "a" * 129}, "name"),
            ({"name": "a/b"}, "name"),
            ({"name": "tools", "description": "x" * 1001}, "description"),
            ({"name": "tools", "is_public": "yes"}, "is_public"),
            ({"name": "tools", "owner": "me"}, "owner"),
        ],
    )
    def test_what_cannot_be_one_is_refused_and_the_field_named(
        self, ada: ApiClient, body: dict[str, Any], field: str
    ) -> None:
        answer = ada.post(PROJECTS, body)

        assert (answer.status, answer.reason) == (422, "invalid")
        assert [error["field"] for error in answer.data["errors"]] == [field]
        assert names(ada) == set()

    def test_a_name_is_given_once(self, ada: ApiClient, administrator: ApiClient) -> None:
        ada.post(PROJECTS, {"name": "tools", "description": "first"}).ok()

        answer = administrator.post(PROJECTS, {"name": "tools"})

        assert (answer.status, answer.reason) == (409, "conflict")
        assert ada.get("/api/v1/project/tools").ok().data["description"] == "first"

    def test_a_key_that_is_bound_to_a_project_makes_no_other(
        self, client: ApiClient, make_person: MakePerson, app: Flask
    ) -> None:
        person = make_person("ada")
        client.as_(person.token).post(PROJECTS, {"name": "tools"}).ok()
        bound = client.as_(
            builders.key(app, person.actor, EVERY_SCOPE, project="tools"),
        )

        assert bound.post(PROJECTS, {"name": "toys"}).status == 403

    def test_where_only_administrators_may_make_one_others_are_refused(self, make_app: MakeApp) -> None:
        app = make_app(PROJECT_CREATION="administrators")
        client = ApiClient(sender(app))
        ada = client.as_(builders.person(app, "ada").token)
        root = client.as_(builders.person(app, "root", is_admin=True).token)

        assert ada.post(PROJECTS, {"name": "tools"}).status == 403
        assert root.post(PROJECTS, {"name": "tools"}).status == 200


class TestSeeing:
    @pytest.mark.parametrize("who", ["reader", "writer", "maintainer", "owner"])
    def test_a_member_sees_it_and_their_role(self, shop: Workshop, who: str) -> None:
        member: ApiClient = getattr(shop, who)

        assert member.get(url_of(shop)).ok().data["role"] == who
        assert names(member) == {shop.project}

    def test_a_stranger_cannot_tell_a_private_one_from_none(self, shop: Workshop) -> None:
        private, missing = shop.stranger.get(url_of(shop)), shop.stranger.get(MISSING)

        assert private.status == missing.status == 404
        assert private.data == missing.data
        assert private.msg.replace(shop.project, "x") == missing.msg.replace("there-is-none", "x")
        assert names(shop.stranger) == set()

    def test_nobody_is_told_nothing_before_they_say_who_they_are(self, shop: Workshop) -> None:
        private, missing = shop.anonymous.get(url_of(shop)), shop.anonymous.get(MISSING)

        assert private.status == missing.status == 401
        assert (private.data, private.msg) == (missing.data, missing.msg)
        assert "Bearer" in private.headers["WWW-Authenticate"]

    def test_a_public_one_is_seen_by_everybody(self, public_shop: Workshop) -> None:
        assert public_shop.anonymous.get(url_of(public_shop)).ok().data["name"] == public_shop.project
        assert public_shop.stranger.get(url_of(public_shop)).ok().data["name"] == public_shop.project
        assert names(public_shop.stranger) == {public_shop.project}

    def test_an_administrator_sees_all(self, shop: Workshop, administrator: ApiClient) -> None:
        assert administrator.get(url_of(shop)).ok().data["role"] == "owner"
        assert names(administrator) == {shop.project}

    def test_an_administrators_key_without_that_scope_is_a_strangers(
        self, shop: Workshop, client: ApiClient, make_person: MakePerson, app: Flask
    ) -> None:
        root = make_person("root", is_admin=True)
        weak = client.as_(builders.key(app, root.actor, frozenset({Scope.READ})))

        assert weak.get(url_of(shop)).status == 404
        assert names(weak) == set()

    def test_a_bound_key_sees_its_own_project_only(
        self, shop: Workshop, public_shop: Workshop, client: ApiClient, app: Flask
    ) -> None:
        owner = shop.people["owner"]
        shop.owner.post(PROJECTS, {"name": "another"}).ok()
        bound = client.as_(builders.key(app, owner.actor, EVERY_SCOPE, project=shop.project))

        assert names(bound) == {shop.project}
        assert bound.get(url_of(shop)).status == 200
        assert bound.get("/api/v1/project/another").status == 404
        assert bound.get(url_of(public_shop)).status == 404

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", ["Tools", "a" * 200, "a%20b", "%F0%9F%98%80", "..", "a%00b"])
    def test_a_name_that_cannot_be_is_one_that_is_not_there(self, ada: ApiClient, name: str) -> None:
        answer = ada.get(f"/api/v1/project/{name}")

        assert (answer.status, answer.reason) == (404, "not_found")

    def test_the_list_is_in_the_order_of_names(self, ada: ApiClient) -> None:
        for name in ("b", "a.1", "a", "0", "a-1"):
            ada.post(PROJECTS, {"name": name}).ok()

        listed = [project["name"] for project in ada.get(PROJECTS).ok().items]

        assert listed == ["0", "a", "a-1", "a.1", "b"]

    def test_a_project_of_two_members_is_listed_once(self, shop: Workshop) -> None:
        assert [each["name"] for each in shop.reader.get(PROJECTS).ok().items] == [shop.project]
        assert [each["role"] for each in shop.reader.get(PROJECTS).ok().items] == ["reader"]


class TestChanging:
    def test_what_is_left_out_stays(self, shop: Workshop) -> None:
        shop.maintainer.patch(url_of(shop), {"description": "new"}).ok()
        changed = shop.maintainer.patch(url_of(shop), {"is_public": True}).ok().data

        assert (changed["description"], changed["is_public"]) == ("new", True)
        assert changed["role"] == "maintainer"
        assert shop.anonymous.get(url_of(shop)).ok().data["description"] == "new"

    def test_nothing_at_all_is_no_change(self, shop: Workshop) -> None:
        before = shop.maintainer.get(url_of(shop)).ok().data

        assert shop.maintainer.patch(url_of(shop), {}).ok().data == before

    def test_a_project_that_was_public_is_closed_at_once(self, public_shop: Workshop) -> None:
        public_shop.owner.patch(url_of(public_shop), {"is_public": False}).ok()

        assert public_shop.anonymous.get(url_of(public_shop)).status == 401
        assert public_shop.stranger.get(url_of(public_shop)).status == 404
        assert public_shop.reader.get(url_of(public_shop)).status == 200

    @pytest.mark.parametrize("body", [{"name": "other"}, {"description": 1}, {"is_public": "true"}])
    def test_nothing_else_can_be_changed(self, shop: Workshop, body: dict[str, Any]) -> None:
        assert shop.owner.patch(url_of(shop), body).status == 422

    @pytest.mark.parametrize(("who", "status"), [("reader", 403), ("writer", 403), ("stranger", 404)])
    def test_it_takes_a_maintainer(self, shop: Workshop, who: str, status: int) -> None:
        answer: Answer = getattr(shop, who).patch(url_of(shop), {"is_public": True})

        assert answer.status == status
        assert shop.owner.get(url_of(shop)).ok().data["is_public"] is False


class TestDeleting:
    def test_an_empty_one_goes(self, ada: ApiClient) -> None:
        ada.post(PROJECTS, {"name": "tools"}).ok()

        assert ada.delete("/api/v1/project/tools").status == 204
        assert ada.get("/api/v1/project/tools").status == 404
        assert ada.delete("/api/v1/project/tools").status == 404

    def test_one_that_holds_packages_stays(self, shop: Workshop) -> None:
        answer = shop.owner.delete(url_of(shop))

        assert (answer.status, answer.reason) == (409, "not_empty")
        assert shop.owner.get(f"{url_of(shop)}/packages/{shop.package}").status == 200

    def test_with_force_it_takes_everything_along(self, shop: Workshop) -> None:
        digest = shop.upload(b"bytes", tag="stable", version="1.0.0").ok().data["artifact_id"]

        assert shop.owner.delete(url_of(shop), query={"force": "true"}).status == 204

        assert shop.owner.get(url_of(shop)).status == 404
        assert shop.owner.get(f"/api/v1/artifact/{digest}").status == 404
        assert shop.reader.get(shop.url("/+/stable")).status == 404

    def test_an_administrator_alone_makes_one_of_its_name_and_its_members_are_not_back(
        self, shop: Workshop, administrator: ApiClient
    ) -> None:
        in_use = shop.stranger.post(PROJECTS, {"name": shop.project})
        shop.owner.delete(url_of(shop), query={"force": "true"}).ok()

        burnt = [each.post(PROJECTS, {"name": shop.project}) for each in (shop.stranger, shop.owner)]
        administrator.post(PROJECTS, {"name": shop.project}).ok()

        assert in_use.status == 409
        assert [(each.status, each.body) for each in burnt] == [(409, in_use.body)] * 2
        assert shop.owner.get(url_of(shop)).status == 404
        assert administrator.get(f"{url_of(shop)}/packages").ok().items == []

    def test_one_that_never_had_a_package_leaves_its_name_to_everybody(self, ada: ApiClient) -> None:
        ada.post(PROJECTS, {"name": "tools"}).ok()
        ada.delete("/api/v1/project/tools").ok()

        ada.post(PROJECTS, {"name": "tools"}).ok()

    @pytest.mark.parametrize(("who", "status"), [("maintainer", 403), ("writer", 403), ("stranger", 404)])
    def test_it_takes_an_owner_even_with_force(self, shop: Workshop, who: str, status: int) -> None:
        assert getattr(shop, who).delete(url_of(shop), query={"force": "true"}).status == status
        assert shop.owner.get(url_of(shop)).status == 200

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("force", ["", "perhaps", "2"])
    def test_what_is_neither_yes_nor_no_is_refused(self, shop: Workshop, force: str) -> None:
        assert shop.owner.delete(url_of(shop), query={"force": force}).status == 422

    def test_keys_that_are_bound_to_it_are_over(self, shop: Workshop, client: ApiClient, app: Flask) -> None:
        owner = shop.people["owner"]
        bound = client.as_(builders.key(app, owner.actor, EVERY_SCOPE, project=shop.project))
        assert bound.get("/api/v1/auth/me").status == 200

        shop.owner.delete(url_of(shop), query={"force": "true"}).ok()

        assert bound.get("/api/v1/auth/me").status == 401
