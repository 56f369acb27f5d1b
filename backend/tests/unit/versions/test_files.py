"""Packages whose versions have several files: adding, naming, listing, deleting and sealing them."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.support import crowds
from tests.support.builders import sha256
from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.package_names import PackageName
from wxcloudrun.packages import queries as package_queries
from wxcloudrun.packages.models import Layout
from wxcloudrun.versions.models import RetiredFile, RetiredVersion, VersionFile


def change(shop: Workshop, **values: str) -> Answer:
    """Change the package."""
    url = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    answer: Answer = shop.writer.patch(url, values)
    return answer


@pytest.fixture
def files(shop: Workshop) -> Workshop:
    """A package for several files, with two in version 1.0.0."""
    change(shop, layout="files").ok()
    shop.upload(b"one", "one.bin", version="1.0.0").ok()
    shop.upload(b"two", "zwei ß.txt", version="1.0.0").ok()
    return shop


def names(shop: Workshop, version: str = "1.0.0") -> list[str]:
    """Return what the files of a version are called."""
    listed = shop.reader.get(shop.url(f"/versions/{version}/files")).ok().items
    return [each["filename"] for each in listed]


def delete(shop: Workshop, filename: str, version: str = "1.0.0") -> Answer:
    """Delete a file."""
    answer: Answer = shop.maintainer.delete(shop.url(f"/versions/{version}/files/{filename}"))
    return answer


class TestLayout:
    def test_given_nothing_said_then_a_package_is_for_one_file(self, shop: Workshop) -> None:
        shop.upload(b"one", "one.bin", version="1.0.0").ok()

        second = shop.upload(b"two", "two.bin", version="1.0.0")

        assert (second.status, second.reason) == (409, "version_taken")
        packages = shop.reader.get(f"/api/v1/project/{shop.project}/packages").ok().items
        assert [each["layout"] for each in packages] == ["single"]

    def test_given_a_new_package_then_it_may_be_for_several(self, shop: Workshop) -> None:
        url = f"/api/v1/project/{shop.project}/packages"

        made = shop.writer.post(url, {"name": "kit", "layout": "files"}).ok().data

        assert made["layout"] == "files"
        assert shop.writer.post(url, {"name": "other", "layout": "many"}).status == 422

    def test_given_a_version_with_several_files_then_it_is_not_narrowed_until_one_is_left(
        self, files: Workshop
    ) -> None:
        refused = change(files, layout="single")
        assert (refused.status, refused.data["version"]) == (409, "1.0.0")
        delete(files, "one.bin").ok()

        assert change(files, layout="single").ok().data["layout"] == "single"
        assert files.upload(b"three", "three.bin", version="1.0.0").status == 409
        assert files.download("version:1.0.0").ok().body == b"two"


class TestAdding:
    def test_given_the_same_again_then_nothing_is_added_and_it_succeeds(
        self, app: Flask, files: Workshop
    ) -> None:
        assert files.upload(b"one", "one.bin", version="1.0.0").status == 200

        assert names(files) == ["one.bin", "zwei ß.txt"]
        with app.app_context():
            assert crowds.count(VersionFile) == 2

    def test_given_other_bytes_under_a_name_then_they_are_refused_with_both_digests(
        self, app: Flask, files: Workshop
    ) -> None:
        refused = files.upload(b"other", "one.bin", version="1.0.0")

        assert (refused.status, refused.reason) == (409, "file_taken")
        assert refused.data["existing"] == sha256(b"one")
        assert refused.data["offered"] == sha256(b"other")
        assert files.download("version:1.0.0/one.bin").ok().body == b"one"
        with app.app_context():
            assert crowds.count(Artifact) == 2

    def test_given_a_detected_version_whose_file_is_taken_then_the_upload_is_accepted_without_it(
        self, files: Workshop
    ) -> None:
        files.upload(b"one", "app-2.0.0.zip").ok()

        accepted = files.upload(b"other", "app-2.0.0.zip").ok().data

        assert (accepted["version"], accepted["version_conflict"]) == (None, "2.0.0")

    def test_given_the_same_bytes_under_two_names_then_both_are_references(self, files: Workshop) -> None:
        again = files.upload(b"one", "copy.bin", version="1.0.0").ok().data

        assert again["ref_count"] == 2
        held = files.reader.get(f"/api/v1/artifact/{sha256(b'one')}").ok().data
        assert [each["version"] for each in held["versions"]] == ["1.0.0"]

    def test_given_several_files_then_the_version_shows_no_one_artifact(self, files: Workshop) -> None:
        shown = files.reader.get(files.url("/versions/1.0.0")).ok().data

        assert (shown["artifact_id"], shown["url"], shown["status"]) == (None, None, "downloaded")
        (listed,) = files.reader.get(files.url("/versions")).ok().items
        assert listed["artifact_id"] is None


class TestFetching:
    @pytest.mark.parametrize("ref", ["version:1.0.0", "1.0.0", "latest", "version:^1"])
    def test_given_several_files_then_a_ref_alone_is_refused_and_shows_them(
        self, files: Workshop, ref: str
    ) -> None:
        for _ in range(2):  # the second time from the cache, where there is one
            refused = files.download(ref)

            assert (refused.status, refused.reason) == (409, "several_files")
            first, second = refused.data["files"]
            assert first.pop("url").endswith(f"{files.url()}/+/version:1.0.0/one.bin")
            assert first == {
                "filename": "one.bin", "size": 3, "sha256": sha256(b"one"),
                "content_type": "application/octet-stream",
            }  # fmt: skip
            assert files.download(f"{ref}/one.bin").ok().body == b"one"
            path = second["url"].partition("/api/")[2]
            assert files.reader.get(f"/api/{path}").ok().body == b"two"
            assert files.download(f"{ref}/other.bin").status == 404

    def test_given_the_activated_version_then_its_files_are_found(self, files: Workshop) -> None:
        release = files.reader.get(files.url("/versions/1.0.0")).ok().data["id"]
        files.writer.post(f"/api/v1/packages/{release}/activate").ok()

        assert files.download("active").reason == "several_files"
        assert files.download("active/one.bin").ok().body == b"one"
        assert delete(files, "one.bin").status == 409
        assert names(files) == ["one.bin", "zwei ß.txt"]

    def test_given_one_file_then_a_ref_alone_means_it(self, files: Workshop) -> None:
        files.upload(b"only", "only.bin", version="2.0.0").ok()

        assert files.download("latest").ok().body == b"only"

    def test_what_may_be_kept_is_what_cannot_change(self, files: Workshop) -> None:
        files.upload(b"only", "only.bin", version="2.0.0").ok()

        def is_kept(ref: str) -> bool:
            return "immutable" in files.download(ref).ok().headers["Cache-Control"]

        kept = ("version:2.0.0/only.bin", f"artifact:{sha256(b'one')}", f"artifact:{sha256(b'one')}/one.bin")
        assert [is_kept(ref) for ref in kept] == [True] * 3
        assert [is_kept(ref) for ref in ("version:2.0.0", "latest/only.bin", "version:^2/only.bin")] == [
            False
        ] * 3
        files.writer.post(files.url("/versions/2.0.0/seal")).ok()
        assert is_kept("version:2.0.0")

    def test_given_several_files_then_resolve_names_the_version_alone(self, files: Workshop) -> None:
        resolved = files.reader.get(files.url("/resolve"), query={"ref": "latest"}).ok().data

        assert (resolved["version"], resolved["artifact_id"], resolved["url"]) == ("1.0.0", None, None)


class TestListing:
    def test_given_pages_then_each_file_is_on_one(self, files: Workshop) -> None:
        url = files.url("/versions/1.0.0/files")
        first = files.reader.get(url, query={"limit": "1"}).ok().data
        rest = files.reader.get(url, query={"limit": "1", "cursor": first["next_cursor"]}).ok().data

        assert [each["filename"] for each in first["items"] + rest["items"]] == ["one.bin", "zwei ß.txt"]
        assert rest["next_cursor"] is None

    def test_given_no_such_version_then_404_and_one_without_bytes_has_none(self, files: Workshop) -> None:
        body = {"name": files.package, "version": "3.0.0", "project": files.project}
        files.writer.post("/api/v1/packages", body).ok()

        assert names(files, "3.0.0") == []
        for absent in ("9.9.9", "a b"):
            assert files.reader.get(files.url(f"/versions/{absent}/files")).status == 404


class TestDeleting:
    def test_given_a_deleted_file_then_its_name_takes_only_its_old_bytes(
        self, app: Flask, files: Workshop
    ) -> None:
        assert delete(files, "one.bin").status == 204
        assert names(files) == ["zwei ß.txt"]
        assert files.download("version:1.0.0/one.bin").status == 404

        refused = files.upload(b"other", "one.bin", version="1.0.0")

        assert (refused.reason, refused.data["existing"]) == ("file_taken", sha256(b"one"))
        assert files.upload(b"one", "one.bin", version="1.0.0").status == 200
        assert files.upload(b"other", "new.bin", version="1.0.0").status == 200
        assert delete(files, "one.bin").status == 204, "it is remembered already"
        with app.app_context():
            assert (crowds.count(RetiredFile), crowds.count(RetiredVersion)) == (1, 0)

    def test_given_the_last_one_then_the_version_waits_and_takes_new_ones(self, files: Workshop) -> None:
        for name in ("one.bin", "zwei%20%C3%9F.txt"):
            delete(files, name).ok()
        shown = files.reader.get(files.url("/versions/1.0.0")).ok().data
        assert (shown["status"], files.download("latest").status) == ("created", 404)

        files.upload(b"three", "three.bin", version="1.0.0").ok()

        assert files.download("latest").ok().body == b"three"

    def test_given_a_deleted_version_then_each_of_its_files_is_remembered(
        self, app: Flask, files: Workshop
    ) -> None:
        files.maintainer.delete(files.url("/versions/1.0.0")).ok()

        assert files.upload(b"other", "one.bin", version="1.0.0").reason == "file_taken"
        assert files.upload(b"other", "new.bin", version="1.0.0").status == 200
        with app.app_context():
            assert crowds.count(RetiredFile) == 2

    def test_given_a_package_made_again_then_the_files_of_the_old_one_still_count(
        self, files: Workshop, administrator: ApiClient
    ) -> None:
        packages = f"/api/v1/project/{files.project}/packages"
        files.owner.delete(f"{packages}/{files.package}", query={"force": "true"}).ok()
        administrator.post(packages, {"name": files.package}).ok()

        refused = files.upload(b"other", "one.bin", version="1.0.0")

        assert (refused.reason, "existing" in refused.data) == ("version_taken", False)
        assert files.upload(b"one", "one.bin", version="1.0.0").status == 200

    def test_given_the_one_file_of_a_package_for_one_then_the_version_takes_only_it(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"one", "one.bin", version="1.0.0").ok()
        delete(shop, "one.bin").ok()

        assert shop.upload(b"other", "other.bin", version="1.0.0").reason == "version_taken"
        assert shop.upload(b"one", "one.bin", version="1.0.0").status == 200

    def test_given_a_deleted_file_then_its_bytes_have_no_reference(self, files: Workshop) -> None:
        artifact = f"/api/v1/artifact/{sha256(b'one')}"
        assert files.reader.get(artifact).ok().data["ref_count"] == 1

        delete(files, "one.bin").ok()

        assert files.reader.get(artifact).status == 404

    def test_given_an_absent_one_then_404(self, files: Workshop) -> None:
        assert delete(files, "other.bin").status == 404
        assert delete(files, "one.bin", version="9.9.9").status == 404


class TestSealing:
    @pytest.fixture(autouse=True)
    def sealed(self, files: Workshop) -> Any:
        return files.writer.post(files.url("/versions/1.0.0/seal")).ok().data

    def test_given_a_sealed_version_then_it_says_so_and_the_first_time_stays(
        self, files: Workshop, sealed: dict[str, Any]
    ) -> None:
        again = files.writer.post(files.url("/versions/1.0.0/seal")).ok().data

        assert again["sealed_at"] == sealed["sealed_at"] is not None

    def test_given_a_sealed_version_then_it_takes_no_new_file_but_its_own_again(
        self, files: Workshop
    ) -> None:
        refused = files.upload(b"three", "three.bin", version="1.0.0")

        assert (refused.status, refused.reason) == (409, "version_sealed")
        assert files.upload(b"one", "one.bin", version="1.0.0").status == 200
        assert files.upload(b"other", "one.bin", version="1.0.0").reason == "file_taken"

    def test_given_a_sealed_version_without_its_last_file_then_it_takes_none(self, files: Workshop) -> None:
        for name in ("one.bin", "zwei%20%C3%9F.txt"):
            delete(files, name).ok()

        assert files.upload(b"three", "three.bin", version="1.0.0").reason == "version_taken"

    def test_given_a_deleted_file_of_three_then_its_old_bytes_come_back_and_no_others(
        self, files: Workshop
    ) -> None:
        for name in ("a.bin", "b.bin", "c.bin"):
            files.upload(name.encode(), name, version="2.0.0").ok()
        files.writer.post(files.url("/versions/2.0.0/seal")).ok()
        delete(files, "b.bin", "2.0.0").ok()

        refused = files.upload(b"other", "b.bin", version="2.0.0")
        files.upload(b"b.bin", "b.bin", version="2.0.0").ok()

        assert (refused.status, refused.reason) == (409, "file_taken")
        assert names(files, "2.0.0") == ["a.bin", "c.bin", "b.bin"]

    def test_given_a_file_that_was_deleted_before_the_seal_then_it_does_not_come_back(
        self, files: Workshop
    ) -> None:
        for name in ("a.bin", "b.bin", "c.bin"):
            files.upload(name.encode(), name, version="2.0.0").ok()
        delete(files, "b.bin", "2.0.0").ok()
        files.writer.post(files.url("/versions/2.0.0/seal")).ok()

        assert files.upload(b"b.bin", "b.bin", version="2.0.0").reason == "version_sealed"

    def test_given_a_file_that_went_and_came_before_the_seal_then_it_comes_back_after_it(
        self, files: Workshop
    ) -> None:
        for name in ("a.bin", "b.bin", "c.bin"):
            files.upload(name.encode(), name, version="2.0.0").ok()
        delete(files, "b.bin", "2.0.0").ok()
        files.upload(b"b.bin", "b.bin", version="2.0.0").ok()
        files.writer.post(files.url("/versions/2.0.0/seal")).ok()
        delete(files, "b.bin", "2.0.0").ok()

        files.upload(b"b.bin", "b.bin", version="2.0.0").ok()

    def test_given_one_file_left_then_the_version_means_it_and_takes_none_beside_it(
        self, files: Workshop
    ) -> None:
        delete(files, "one.bin").ok()

        assert files.upload(b"one", "one.bin", version="1.0.0").reason == "version_sealed"
        assert files.download("version:1.0.0").ok().body == b"two"


@pytest.mark.parametrize("layout", ["single", "files"])
class TestSealingInBothLayouts:
    def test_given_a_version_without_a_file_then_it_is_not_sealed_and_takes_one(
        self, shop: Workshop, layout: str
    ) -> None:
        change(shop, layout=layout).ok()
        release = {"name": shop.package, "version": "1.0.0", "project": shop.project}
        shop.writer.post("/api/v1/packages", release).ok()

        refused = shop.writer.post(shop.url("/versions/1.0.0/seal"))

        assert (refused.status, refused.reason, refused.data["status"]) == (409, "conflict", "created")
        shop.upload(b"one", "a.bin", version="1.0.0").ok()
        assert shop.writer.post(shop.url("/versions/1.0.0/seal")).ok().data["sealed_at"] is not None

    def test_given_its_only_file_is_deleted_then_it_takes_its_old_bytes_alone(
        self, shop: Workshop, layout: str
    ) -> None:
        change(shop, layout=layout).ok()
        shop.upload(b"one", "a.bin", version="1.0.0").ok()
        shop.writer.post(shop.url("/versions/1.0.0/seal")).ok()
        delete(shop, "a.bin").ok()

        refused = shop.upload(b"two", "a.bin", version="1.0.0")
        shop.upload(b"one", "a.bin", version="1.0.0").ok()

        assert (refused.status, refused.reason) == (409, "version_taken")
        assert shop.download("version:1.0.0").ok().body == b"one"


def test_given_the_layout_changed_since_the_package_was_entered_then_that_of_now_counts(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(shop, layout="files").ok()
    shop.upload(b"one", "one.bin", version="1.0.0").ok()
    place = package_queries.place

    def outdated(reader: Reader, project: str, package: PackageName | None, user_id: int | None) -> Any:
        found = place(reader, project, package, user_id)
        assert found is not None
        entered = found[1]
        return found[0], None if entered is None else replace(entered, layout=Layout.SINGLE)

    monkeypatch.setattr(package_queries, "place", outdated)

    shop.upload(b"two", "two.bin", version="1.0.0").ok()

    assert names(shop) == ["one.bin", "two.bin"]


def test_given_a_search_for_a_file_then_its_package_is_found(files: Workshop) -> None:
    def found(**filters: str) -> list[tuple[str | None, Any]]:
        hits = files.reader.get("/api/v1/search", query=filters).ok().items
        return [(each["version"], each["artifact_id"]) for each in hits]

    assert found(sha256=sha256(b"two")) == [(None, None)]
    assert found(version="1.0.0") == [("1.0.0", None)]
    assert found(version="1.0.0", sha256=sha256(b"two")) == [("1.0.0", None)]
    assert found(version="1.0.0", sha256=sha256(b"three")) == []
