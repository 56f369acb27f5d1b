"""Packages: named series in a project, made by writers, deleted by maintainers with all they hold."""

from typing import Any

import pytest
from sqlalchemy import update

from tests.support.apps import AppWith
from tests.support.builders import sha256
from tests.support.client import Answer, ApiClient
from tests.support.inside import Inside
from tests.support.registry import Workshop
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.package_names import PackageName
from wxcloudrun.packages import queries
from wxcloudrun.packages.models import Package


def packages_url(shop: Workshop, package: str | None = None) -> str:
    """Return where the packages are, or one of them."""
    base = f"/api/v1/project/{shop.project}/packages"
    return base if package is None else f"{base}/{package}"


def deleted(shop: Workshop) -> Answer:
    """Delete the package with all it holds."""
    return shop.maintainer.delete(packages_url(shop, shop.package), query={"force": "true"})


class TestCreating:
    def test_a_writer_makes_one(self, shop: Workshop) -> None:
        made = shop.writer.post(packages_url(shop), {"name": "saw", "description": "锯"}).ok().data

        assert (made["project"], made["name"], made["description"]) == (shop.project, "saw", "锯")
        assert made["created_by"] == shop.people["writer"].username
        assert shop.reader.get(packages_url(shop, "saw")).ok().data == made

    def test_a_name_is_given_once_in_a_project(self, shop: Workshop) -> None:
        answer = shop.writer.post(packages_url(shop), {"name": shop.package})

        assert (answer.status, answer.reason) == (409, "conflict")

    def test_two_projects_may_use_one_name(self, shop: Workshop) -> None:
        shop.stranger.post("/api/v1/projects", {"name": "another"}).ok()

        shop.stranger.post("/api/v1/project/another/packages", {"name": shop.package}).ok()

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": "packages"}, "name"),
            ({"name": "members"}, "name"),
            ({"name": "Saw"}, "name"),
            ({"name": "-saw"}, "name"),
            ({"name": "s" * 129}, "name"),
            ({"name": "saw", "description": "x" * 1001}, "description"),
            ({"name": "saw", "colour": "red"}, "colour"),
        ],
    )
    def test_what_cannot_be_one_is_refused_and_the_field_named(
        self, shop: Workshop, body: dict[str, Any], field: str
    ) -> None:
        answer = shop.writer.post(packages_url(shop), body)

        assert (answer.status, answer.reason) == (422, "invalid")
        assert [error["field"] for error in answer.data["errors"]] == [field]

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_it_takes_a_writer(self, shop: Workshop, who: str, status: int) -> None:
        assert getattr(shop, who).post(packages_url(shop), {"name": "saw"}).status == status
        assert shop.owner.get(packages_url(shop, "saw")).status == 404

    def test_whether_a_name_is_taken_is_told_to_nobody_outside(self, shop: Workshop) -> None:
        taken = shop.stranger.post(packages_url(shop), {"name": shop.package})
        free = shop.stranger.post(packages_url(shop), {"name": "free"})

        assert (taken.status, taken.data, taken.msg) == (free.status, free.data, free.msg)


class TestSeeing:
    def test_the_list_is_in_the_order_of_names_and_of_this_project_only(self, shop: Workshop) -> None:
        for name in ("b", "a.1", "a"):
            shop.writer.post(packages_url(shop), {"name": name}).ok()
        shop.owner.post("/api/v1/projects", {"name": "another"}).ok()
        shop.owner.post("/api/v1/project/another/packages", {"name": "c"}).ok()

        listed = [each["name"] for each in shop.reader.get(packages_url(shop)).ok().items]

        assert listed == ["a", "a.1", "b", shop.package]

    def test_it_is_turned_page_by_page(self, shop: Workshop) -> None:
        for number in range(3):
            shop.writer.post(packages_url(shop), {"name": f"a{number}"}).ok()

        first = shop.reader.get(packages_url(shop), query={"limit": 3}).ok()
        rest = shop.reader.get(packages_url(shop), query={"cursor": first.data["next_cursor"]}).ok()

        assert [each["name"] for each in (*first.items, *rest.items)] == ["a0", "a1", "a2", shop.package]

    @pytest.mark.parametrize("place", ["", "/packages"])
    def test_a_stranger_cannot_tell_what_is_private_from_what_is_not_there(
        self, shop: Workshop, place: str
    ) -> None:
        there = shop.stranger.get(packages_url(shop, shop.package) if place == "" else packages_url(shop))
        missing = shop.stranger.get(
            f"/api/v1/project/none/packages{'/' + shop.package if place == '' else ''}"
        )

        assert there.status == missing.status == 404
        assert there.data == missing.data
        assert there.msg.replace(shop.project, "x") == missing.msg.replace("none", "x")

    def test_nobody_is_told_nothing_before_they_say_who_they_are(self, shop: Workshop) -> None:
        there = shop.anonymous.get(packages_url(shop, shop.package))
        missing = shop.anonymous.get(packages_url(shop, "none"))
        nowhere = shop.anonymous.get("/api/v1/project/none/packages/none")

        assert {answer.status for answer in (there, missing, nowhere)} == {401}
        assert there.body == missing.body == nowhere.body

    def test_of_a_public_project_everybody_sees_them(self, public_shop: Workshop) -> None:
        for client in (public_shop.anonymous, public_shop.stranger):
            assert len(client.get(packages_url(public_shop)).ok().items) == 1
            assert client.get(packages_url(public_shop, public_shop.package)).status == 200
            assert client.get(packages_url(public_shop, "none")).status == 404

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", ["Saw", "s" * 200, "%20", "..", "a%00"])
    def test_a_name_that_cannot_be_is_one_that_is_not_there(self, shop: Workshop, name: str) -> None:
        assert shop.owner.get(packages_url(shop, name)).status == 404


class TestChanging:
    def test_the_description_changes_and_nothing_else(self, shop: Workshop) -> None:
        before = shop.reader.get(packages_url(shop, shop.package)).ok().data

        changed = shop.writer.patch(packages_url(shop, shop.package), {"description": "new"}).ok().data

        assert changed == {**before, "description": "new"}

    def test_what_is_left_out_stays(self, shop: Workshop) -> None:
        shop.writer.patch(packages_url(shop, shop.package), {"description": "new"}).ok()

        assert shop.writer.patch(packages_url(shop, shop.package), {}).ok().data["description"] == "new"

    @pytest.mark.parametrize("body", [{"name": "other"}, {"description": "x" * 1001}, {"project": "x"}])
    def test_nothing_else_can_be_changed(self, shop: Workshop, body: dict[str, Any]) -> None:
        assert shop.owner.patch(packages_url(shop, shop.package), body).status == 422

    def test_it_takes_a_writer(self, shop: Workshop) -> None:
        assert shop.reader.patch(packages_url(shop, shop.package), {"description": "x"}).status == 403
        assert shop.stranger.patch(packages_url(shop, shop.package), {"description": "x"}).status == 404


class TestDeleting:
    def test_it_goes_with_all_it_holds(self, shop: Workshop) -> None:
        digest = shop.upload(b"bytes", tag="stable", version="1.0.0").ok().data["artifact_id"]

        assert deleted(shop).status == 204

        for rest in ("/tags", "/versions", "/uploads", "/+/stable"):
            assert shop.owner.get(shop.url(rest)).status == 404
        assert shop.owner.get(f"/api/v1/artifact/{digest}").status == 404
        assert shop.owner.get(packages_url(shop)).ok().items == []

    def test_what_another_package_holds_too_stays(self, shop: Workshop) -> None:
        other = shop.new_package()
        shop.upload(b"bytes", tag="stable").ok()
        shop.writer.put(shop.url("/upload/x.bin", package=other), b"bytes", query={"tag": "stable"}).ok()

        deleted(shop).ok()

        assert shop.reader.get(shop.url("/+/stable", package=other)).ok().body == b"bytes"

    def test_a_package_of_the_same_name_is_made_by_an_administrator_only_and_begins_empty(
        self, shop: Workshop, administrator: ApiClient
    ) -> None:
        shop.upload(b"bytes", tag="stable", version="1.0.0").ok()
        deleted(shop).ok()

        taken = shop.writer.post(packages_url(shop), {"name": shop.package})
        administrator.post(packages_url(shop), {"name": shop.package}).ok()

        in_use = shop.writer.post(packages_url(shop), {"name": shop.package})
        assert (taken.status, taken.body) == (409, in_use.body)
        for rest in ("/tags", "/versions", "/uploads"):
            assert shop.reader.get(shop.url(rest)).ok().items == []
        shop.upload(b"other bytes", tag="stable", version="2.0.0").ok()

    @pytest.mark.parametrize(
        ("holds", "counted"),
        [
            ({"tag": "stable"}, {"activated": None, "versions": 0, "tags": 1, "uploads": 0}),
            ({"version": "1.0.0"}, {"activated": None, "versions": 1, "tags": 0, "uploads": 0}),
            ({}, {"activated": None, "versions": 0, "tags": 0, "uploads": 1}),
            (
                {"tag": "stable", "version": "1.0.0", "verb": "activate"},
                {"activated": "1.0.0", "versions": 1, "tags": 1, "uploads": 0},
            ),
        ],
        ids=["tag", "version", "bare upload", "activated release"],
    )
    def test_one_that_holds_bytes_asks_first_and_says_what_it_holds(
        self, shop: Workshop, holds: dict[str, str], counted: dict[str, Any]
    ) -> None:
        verb = holds.pop("verb", None) if (holds := dict(holds)) else None
        shop.upload(b"bytes", **holds).ok()
        if verb is not None:
            release = shop.reader.get(shop.url("/versions/1.0.0")).data["id"]
            shop.writer.post(f"/api/v1/packages/{release}/{verb}").ok()

        for query in ({}, {"force": "false"}):
            refused = shop.maintainer.delete(packages_url(shop, shop.package), query=query)
            assert (refused.status, refused.reason) == (409, "not_empty")
            assert refused.data == {"reason": "not_empty", "holds": counted}
            assert "?force=true" in refused.msg
        assert shop.reader.get(shop.url("/uploads")).ok().items != []

        assert deleted(shop).status == 204
        assert shop.owner.get(packages_url(shop, shop.package)).status == 404

    def test_one_that_holds_nothing_any_more_goes_without_being_asked(self, shop: Workshop) -> None:
        shop.upload(b"bytes", tag="stable", version="1.0.0").ok()
        shop.writer.delete(shop.url("/tags/stable")).ok()
        shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

        assert shop.maintainer.delete(packages_url(shop, shop.package)).status == 204

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("force", ["", "perhaps", "2"])
    def test_what_is_neither_yes_nor_no_is_refused(self, shop: Workshop, force: str) -> None:
        refused = shop.maintainer.delete(packages_url(shop, shop.package), query={"force": force})

        assert refused.status == 422

    def test_a_second_time_it_is_not_there(self, shop: Workshop) -> None:
        shop.maintainer.delete(packages_url(shop, shop.package)).ok()

        assert shop.maintainer.delete(packages_url(shop, shop.package)).status == 404

    @pytest.mark.parametrize(("who", "status"), [("writer", 403), ("reader", 403), ("stranger", 404)])
    def test_it_takes_a_maintainer(self, shop: Workshop, who: str, status: int) -> None:
        client: ApiClient = getattr(shop, who)

        assert client.delete(packages_url(shop, shop.package)).status == status
        assert shop.owner.get(packages_url(shop, shop.package)).status == 200


class TestNamesThatOutliveIt:
    """Caches hold the bytes of an exact version for a year: no other bytes may ever have its name."""

    @pytest.fixture(params=["package", "project", "version, then package", "package, twice"])
    def reborn(self, request: pytest.FixtureRequest, shop: Workshop, administrator: ApiClient) -> Workshop:
        """The package under its old name, after what held it has been deleted."""
        shop.upload(b"bytes", tag="stable", version="1.0.0").ok()
        cached = shop.download("version:1.0.0").ok()
        assert "immutable" in cached.headers["Cache-Control"]
        if "version" in request.param:
            shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()
        for _ in range(2 if "twice" in request.param else 1):
            if request.param == "project":
                shop.owner.delete(f"/api/v1/project/{shop.project}", query={"force": "true"}).ok()
                administrator.post("/api/v1/projects", {"name": shop.project}).ok()
                for role in ("owner", "reader"):
                    member = f"/api/v1/project/{shop.project}/members/{shop.people[role].id}"
                    administrator.request("PUT", member, json={"role": role}).ok()
            else:
                deleted(shop).ok()
            assert shop.owner.post(packages_url(shop), {"name": shop.package}).status == 409
            administrator.post(packages_url(shop), {"name": shop.package}).ok()
        return shop

    def upload(self, shop: Workshop, data: bytes, name: str = "a.bin", **query: str) -> Answer:
        return shop.owner.put(shop.url(f"/upload/{name}"), data, query=query)

    def test_other_bytes_never_get_the_version(self, reborn: Workshop) -> None:
        refused = self.upload(reborn, b"other", version="1.0.0", tag="stable")

        assert (refused.status, refused.reason) == (409, "version_taken")
        assert refused.data["offered"] == sha256(b"other")
        assert "existing" not in refused.data, "it may have been somebody else's"
        assert reborn.owner.get(reborn.url("/tags/stable")).status == 404

    def test_the_old_bytes_do(self, reborn: Workshop) -> None:
        assert self.upload(reborn, b"bytes", version="1.0.0").status == 200

        assert reborn.download("version:1.0.0").ok().body == b"bytes"
        reborn.owner.delete(reborn.url("/versions/1.0.0")).ok()
        again = self.upload(reborn, b"other", version="1.0.0")
        assert (again.status, again.data.get("offered")) == (409, sha256(b"other"))

    def test_a_version_that_a_file_name_shows_is_left_out_and_named(self, reborn: Workshop) -> None:
        accepted = self.upload(reborn, b"other", "hammer-1.0.0.tar.gz").ok().data

        assert (accepted["version"], accepted["version_conflict"]) == (None, "1.0.0")

    def test_a_release_of_other_bytes_is_refused_when_it_is_made(self, app_with: AppWith) -> None:
        app = app_with(URL_SOURCE_HOSTS="example.com")
        shop = Inside(app).workshop()
        shop.upload(b"bytes", version="1.0.0").ok()
        deleted(shop).ok()
        body = {"name": shop.package, "project": shop.project, "version": "1.0.0"}
        source = {"type": "url", "url": "https://example.com/a", "sha256": sha256(b"other")}

        burnt = shop.writer.post("/api/v1/packages", {**body, "source": source})
        root = Inside(app).as_person("root", is_admin=True)
        root.post(packages_url(shop), {"name": shop.package}).ok()
        refused = shop.writer.post("/api/v1/packages", {**body, "source": source})

        assert (burnt.status, burnt.reason) == (409, "conflict")
        assert (refused.status, refused.reason) == (409, "version_taken")

    def test_another_name_remembers_nothing(self, reborn: Workshop) -> None:
        packages = packages_url(reborn)
        reborn.owner.post(packages, {"name": "another"}).ok()
        url = reborn.url("/upload/a.bin", package="another")

        assert reborn.owner.put(url, b"other", query={"version": "1.0.0"}).status == 200


class TestDeletedMeanwhile:
    """Somebody else deletes the package after the caller was admitted to it, and before it is locked."""

    @pytest.fixture(autouse=True)
    def crossing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a deletion be committed right after a package was found for a change."""
        place = queries.place

        def overtaken(reader: Reader, project: str, package: PackageName | None, user_id: int | None) -> Any:
            found = place(reader, project, package, user_id)
            reader.execute(update(Package).values(project_id=None))
            return found

        monkeypatch.setattr(queries, "place", overtaken)

    @pytest.mark.parametrize("body", [{}, {"description": "other"}, {"layout": "files"}])
    def test_given_a_change_then_it_is_refused_as_for_one_that_is_not_there(
        self, shop: Workshop, body: dict[str, str]
    ) -> None:
        answer = shop.writer.patch(packages_url(shop, shop.package), body)

        assert (answer.status, answer.reason) == (404, "not_found")

    def test_given_a_deletion_then_it_is_refused_too(self, shop: Workshop) -> None:
        assert deleted(shop).status == 404
