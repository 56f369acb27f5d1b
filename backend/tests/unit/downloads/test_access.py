"""Who may download: members of a private project, everybody from a public one; nobody learns what exists."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import builders
from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.downloads.conftest import Stored
from wxcloudrun.kit.security import Scope

REFS = ["stable", "version:1.0.0", "artifact:{digest}", "latest", "absent", "version:9.9.9", "tag:../up"]


class TestPrivate:
    @pytest.mark.parametrize("who", ["owner", "maintainer", "writer", "reader"])
    def test_given_a_member_then_the_bytes(self, shop: Workshop, stored: Stored, who: str) -> None:
        assert getattr(shop, who).get(shop.url("/+/stable")).body == stored.data

    @pytest.mark.parametrize("ref", REFS)
    def test_given_nobody_then_401_whether_it_exists_or_not(
        self, shop: Workshop, stored: Stored, ref: str
    ) -> None:
        answer = shop.anonymous.get(shop.url(f"/+/{ref.format(digest=stored.digest)}"))

        assert (answer.status, answer.reason) == (401, "unauthorized")
        assert "Bearer" in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize("package", ["absent", "Not-A-Name"])
    @pytest.mark.parametrize("project", ["absent", "Not-A-Name", None])
    def test_given_nobody_then_absent_projects_and_packages_look_like_private_ones(
        self, shop: Workshop, stored: Stored, project: str | None, package: str
    ) -> None:
        existing = shop.anonymous.get(shop.url("/+/stable"))

        absent = shop.anonymous.get(f"/api/v1/project/{project or shop.project}/{package}/+/{stored.digest}")

        assert (absent.status, absent.body) == (existing.status, existing.body) == (401, existing.body)

    @pytest.mark.parametrize("ref", REFS)
    def test_given_a_stranger_then_404_in_the_same_words_whether_it_exists_or_not(
        self, shop: Workshop, stored: Stored, ref: str
    ) -> None:
        answer = shop.stranger.get(shop.url(f"/+/{ref.format(digest=stored.digest)}"))
        absent = shop.stranger.get(f"/api/v1/project/{shop.project}x/{shop.package}/+/stable")

        assert (answer.status, absent.status) == (404, 404)
        assert answer.msg.replace(shop.project, "P") == absent.msg.replace(f"{shop.project}x", "P")

    def test_given_an_administrator_then_the_bytes(
        self, shop: Workshop, stored: Stored, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        administrator = client.as_(make_person("administrator", is_admin=True).token)

        assert administrator.get(shop.url("/+/stable")).body == stored.data

    @pytest.mark.usefixtures("stored")
    def test_given_a_credential_without_the_scope_read_then_403(
        self, app: Flask, shop: Workshop, client: ApiClient
    ) -> None:
        key = builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE}))

        answer = client.as_(key).get(shop.url("/+/stable"))

        assert (answer.status, answer.data["needs_scope"]) == (403, "download")

    @pytest.mark.usefixtures("stored")
    def test_given_a_member_who_is_removed_then_404_at_the_next_request(self, shop: Workshop) -> None:
        reader = shop.people["reader"].id
        shop.owner.delete(f"/api/v1/project/{shop.project}/members/{reader}").ok()

        assert shop.download("stable").status == 404


class TestPublic:
    @pytest.mark.parametrize("who", ["anonymous", "stranger", "reader"])
    @pytest.mark.parametrize("ref", ["stable", "version:1.0.0", "artifact:{digest}", "latest"])
    def test_given_anybody_then_the_bytes(
        self, public_shop: Workshop, published: Stored, who: str, ref: str
    ) -> None:
        url = public_shop.url(f"/+/{ref.format(digest=published.digest)}")

        assert getattr(public_shop, who).get(url).body == published.data

    @pytest.mark.parametrize("ref", ["absent", "version:9.9.9", "tag:../up", "active"])
    def test_given_nobody_and_an_absent_ref_then_404_because_the_package_is_public(
        self, public_shop: Workshop, ref: str
    ) -> None:
        assert public_shop.anonymous.get(public_shop.url(f"/+/{ref}")).status == 404

    @pytest.mark.usefixtures("published")
    def test_given_a_bad_credential_then_401_although_none_would_do(
        self, public_shop: Workshop, client: ApiClient
    ) -> None:
        assert client.as_("nonsense").get(public_shop.url("/+/stable")).status == 401

    @pytest.mark.usefixtures("published")
    def test_given_a_project_that_is_made_private_then_401_at_the_next_request(
        self, public_shop: Workshop
    ) -> None:
        public_shop.owner.patch(f"/api/v1/project/{public_shop.project}", {"is_public": False}).ok()

        assert public_shop.anonymous.get(public_shop.url("/+/stable")).status == 401

    @pytest.mark.parametrize("rest", [
        "/tags", "/tags/stable", "/tags/stable/history", "/versions", "/versions/1.0.0", "/uploads",
        "/resolve?ref=stable",
    ])  # fmt: skip
    @pytest.mark.usefixtures("published")
    def test_given_nobody_then_everything_about_the_package_can_be_read(
        self, public_shop: Workshop, rest: str
    ) -> None:
        assert public_shop.anonymous.get(public_shop.url(rest)).status == 200
