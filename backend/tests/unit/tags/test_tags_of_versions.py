"""Where versions have several files, tags point at versions; they follow when the layout changes."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support import crowds
from tests.support.builders import sha256
from tests.support.client import Answer
from tests.support.registry import Workshop
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.db import reading
from wxcloudrun.tags.models import Tag

ODD = '1.0"%2B,x'  # a version whose name has all that is special in an entity tag


def put(shop: Workshop, tag: str, **body: str) -> Answer:
    """Point a tag at something; what begins with If goes into the head."""
    headers = {name.replace("_", "-"): body.pop(name) for name in list(body) if name.startswith("If_")}
    return shop.writer.request("PUT", shop.url(f"/tags/{tag}"), json=body, headers=headers)


def turn(shop: Workshop, layout: str) -> Answer:
    """Change the layout of the package."""
    answer: Answer = shop.writer.patch(
        f"/api/v1/project/{shop.project}/packages/{shop.package}", {"layout": layout}
    )
    return answer


def pointing(shop: Workshop, tag: str) -> tuple[str | None, str | None]:
    """Return at which version and at which bytes a tag points."""
    shown = shop.reader.get(shop.url(f"/tags/{tag}")).ok().data
    return shown["version"], shown["artifact_id"]


@pytest.fixture
def files(shop: Workshop) -> Workshop:
    """A package for several files, with two in version 1.0.0 and one in 2.0.0."""
    turn(shop, "files").ok()
    shop.upload(b"one", "one.bin", version="1.0.0", tag="stable").ok()
    shop.upload(b"two", "two.bin", version="1.0.0").ok()
    shop.upload(b"three", "three.bin", version="2.0.0").ok()
    return shop


class TestPointing:
    def test_given_an_upload_then_its_tag_points_at_its_version_and_leads_to_its_files(
        self, files: Workshop
    ) -> None:
        assert pointing(files, "stable") == ("1.0.0", None)
        for ref in ("stable", "tag:stable"):
            refused = files.download(ref)
            assert (refused.reason, refused.data["version"]) == ("several_files", "1.0.0")
            assert files.download(f"{ref}/two.bin").ok().body == b"two"
            assert files.download(f"{ref}/three.bin").status == 404
        assert "immutable" not in files.download("stable/two.bin").headers["Cache-Control"]
        resolved = files.reader.get(files.url("/resolve"), query={"ref": "tag:stable"}).ok().data
        assert (resolved["tag"], resolved["version"], resolved["artifact_id"]) == ("stable", "1.0.0", None)

    def test_given_each_way_to_say_it_then_the_tag_moves_and_history_leads_back(
        self, files: Workshop
    ) -> None:
        moved = put(files, "stable", ref="latest").ok()
        assert (moved.data["previous"], moved.data["previous_version"]) == (None, "1.0.0")
        assert moved.headers["ETag"] == '"2.0.0"'
        assert pointing(files, "stable") == ("2.0.0", sha256(b"three"))
        assert files.download("stable").ok().body == b"three"
        assert put(files, "other", ref="tag:stable").ok().data["version"] == "2.0.0"
        put(files, "stable", ref="version:^2").ok()  # where it is already
        (newest, oldest) = files.reader.get(files.url("/tags/stable/history")).ok().items
        assert (newest["version"], newest["previous_version"]) == ("2.0.0", "1.0.0")
        assert (oldest["version"], oldest["previous_version"]) == ("1.0.0", None)

        put(files, "stable", version=newest["previous_version"]).ok()

        assert pointing(files, "stable") == ("1.0.0", None)
        files.writer.delete(files.url("/tags/stable")).ok()
        gone = files.reader.get(files.url("/tags/stable/history")).ok().items[0]
        assert (gone["version"], gone["artifact_id"], gone["previous_version"]) == (None, None, "1.0.0")

    def test_given_bytes_then_they_are_no_target(self, files: Workshop) -> None:
        digest = sha256(b"three")
        for body in ({"artifact_id": digest}, {"ref": f"artifact:{digest}"}, {"ref": digest}):
            refused = put(files, "stable", **body)
            assert (refused.status, refused.data["errors"][0]["field"]) == (422, next(iter(body)))
        assert put(files, "stable", version="9.9.9").status == 404
        assert pointing(files, "stable") == ("1.0.0", None)

    def test_given_an_upload_with_a_tag_and_no_version_then_nothing_of_it_is_there(
        self, app: Flask, files: Workshop
    ) -> None:
        without = files.upload(b"more", "more.bin", tag="stable")
        taken = files.upload(b"other", "one-1.0.0.bin", tag="new")
        assert (without.status, without.data["errors"][0]["field"]) == (422, "tag")
        assert taken.ok().data["version"] == "1.0.0"  # detected, which is a version too

        conflicting = files.upload(b"more", "one-1.0.0.bin", tag="new")

        assert (conflicting.status, conflicting.reason) == (409, "file_taken")
        with app.app_context():
            assert crowds.count(Artifact) == 4


class TestConditions:
    def test_given_a_version_in_if_match_then_it_moves_from_there_only(self, files: Workshop) -> None:
        refused = put(files, "stable", version="2.0.0", If_Match='"2.0.0"')
        assert (refused.status, refused.data["current"]) == (412, "1.0.0")
        files.upload(b"odd", "odd.bin", version=ODD).ok()
        put(files, "stable", version=ODD, If_Match='"9.9.9", "1.0.0"').ok()

        seen = files.reader.get(files.url("/tags/stable")).headers["ETag"]
        put(files, "stable", version="2.0.0", If_Match=f'"1.0.0",{seen}').ok()

        assert seen == '"1.0%22%252B,x"'
        assert put(files, "stable", version="1.0.0", If_Match="2.0.0").status == 400
        url = files.url("/tags/stable")
        assert files.writer.delete(url, headers={"If-Match": '"1.0.0"'}).status == 412
        assert files.writer.delete(url, headers={"If-Match": '"2.0.0"'}).status == 204


class TestVersionsThatGo:
    def test_given_a_deleted_version_then_its_tags_go_with_a_warning(self, files: Workshop) -> None:
        put(files, "other", version="1.0.0").ok()
        put(files, "stays", version="2.0.0").ok()

        deleted = files.maintainer.delete(files.url("/versions/1.0.0"))

        (warning,) = json.loads(deleted.headers["X-Registry-Warnings"])
        assert (deleted.status, warning["reason"], warning["tags"]) == (
            204, "tags_deleted", ["other", "stable"],
        )  # fmt: skip
        assert [each["name"] for each in files.reader.get(files.url("/tags")).ok().items] == ["stays"]
        (gone, _) = files.reader.get(files.url("/tags/stable/history")).ok().items
        assert (gone["version"], gone["previous_version"]) == (None, "1.0.0")

    def test_given_a_version_without_its_last_file_then_its_tag_leads_nowhere(self, files: Workshop) -> None:
        put(files, "stable", version="2.0.0").ok()
        files.maintainer.delete(files.url("/versions/2.0.0/files/three.bin")).ok()

        assert files.download("stable").status == 404
        assert put(files, "new", version="2.0.0").status == 404
        refused = turn(files, "single")
        assert refused.status == 409


def rows(app: Flask) -> list[tuple[Any, ...]]:
    """Return what each tag points at, and the name of its upload."""
    with app.app_context(), reading() as session:
        columns = (Tag.name, Tag.artifact_id, Tag.version_id, Tag.original_name, Tag.deposited_by)
        return [tuple(row) for row in session.execute(select(*columns).order_by(Tag.name))]


class TestLayouts:
    def test_given_tags_then_they_follow_the_layout_and_mean_the_same(
        self, app: Flask, shop: Workshop
    ) -> None:
        shop.upload(b"one", "one.bin", version="1.0.0").ok()
        shop.upload(b"one", "again.bin", version="1.0.1", tag="a").ok()
        shop.upload(b"two", "two.bin", version="2.0.0", tag="b").ok()
        before = rows(app)

        turn(shop, "files").ok()

        assert [pointing(shop, tag) for tag in ("a", "b")] == [
            ("1.0.1", sha256(b"one")), ("2.0.0", sha256(b"two")),
        ]  # fmt: skip
        assert {each[3:] for each in rows(app)} == {(None, None)}
        assert shop.download("a").ok().body == b"one"
        assert len(shop.reader.get(shop.url("/tags/a/history")).ok().items) == 1
        turn(shop, "single").ok()
        assert rows(app) == before
        assert pointing(shop, "b") == (None, sha256(b"two"))

    def test_given_a_tag_that_cannot_follow_then_409_names_it_and_nothing_changes(
        self, app: Flask, shop: Workshop
    ) -> None:
        shop.upload(b"one", version="1.0.0", tag="b").ok()
        shop.upload(b"loose", tag="a").ok()
        before = rows(app)

        refused = turn(shop, "files")

        assert (refused.status, refused.data["tag"]) == (409, "a")
        assert rows(app) == before
        assert shop.upload(b"two", "two.bin", version="1.0.0").reason == "version_taken"

        shop.writer.delete(shop.url("/tags/a")).ok()
        turn(shop, "files").ok()
        shop.maintainer.delete(shop.url("/versions/1.0.0/files/file.bin")).ok()
        narrowing = turn(shop, "single")
        assert (narrowing.status, narrowing.data["tag"], narrowing.data["version"]) == (409, "b", "1.0.0")


def test_given_a_search_by_tag_then_versions_are_looked_into(files: Workshop) -> None:
    def found(**filters: str) -> list[str | None]:
        hits = files.reader.get("/api/v1/search", query={"tag": "stable", **filters}).ok().items
        return [each["artifact_id"] for each in hits]

    assert (found(), found(sha256=sha256(b"two")), found(sha256=sha256(b"three"))) == ([None], [None], [])
    put(files, "stable", version="2.0.0").ok()
    assert found(sha256=sha256(b"three")) == [sha256(b"three")]


def test_given_a_deleted_package_then_its_tags_count_as_contents(files: Workshop) -> None:
    refused = files.owner.delete(f"/api/v1/project/{files.project}/packages/{files.package}")

    assert (refused.status, refused.data["holds"]["tags"], refused.data["holds"]["versions"]) == (409, 1, 2)
