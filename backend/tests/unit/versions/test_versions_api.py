"""Versions over HTTP: listed, shown, deleted; their names never mean other bytes."""

import json
import re
from urllib.parse import quote

import pytest
from flask import Flask

from tests.support.builders import sha256
from tests.support.registry import Workshop
from tests.support.shared_app import once


@pytest.fixture
def package(app: Flask, shop: Workshop) -> Workshop:
    """A package with three versions, whose bytes are their own names."""

    def fill() -> Workshop:
        for name in ("1.0.0", "1.1.0", "2.0.0"):
            shop.upload(name.encode(), f"app-{name}.tar.gz", version=name).ok()
        return shop

    return once(app, "three versions", fill)


class TestRead:
    def test_given_a_version_then_exactly_the_promised_fields(self, package: Workshop) -> None:
        data = package.reader.get(package.url("/versions/1.1.0")).ok().data

        assert set(data) == {
            "id", "version", "artifact_id", "status", "version_source", "created_at", "created_by",
            "yanked", "deprecated", "properties", "sealed_at", "url", "notes", "said",
        }  # fmt: skip
        assert (data["version"], data["artifact_id"]) == ("1.1.0", sha256(b"1.1.0"))
        assert (data["status"], data["version_source"]) == ("downloaded", "explicit")
        assert data["created_by"] == package.people["writer"].username
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["created_at"])
        assert isinstance(data["id"], int)

    def test_given_a_detected_version_then_it_says_how(self, package: Workshop) -> None:
        package.upload(b"other", "app-3.0.tar.gz").ok()

        assert package.reader.get(package.url("/versions/3.0")).data["version_source"] == "filename"

    def test_given_versions_then_the_newest_comes_first(self, package: Workshop) -> None:
        listed = package.reader.get(package.url("/versions")).ok().items

        assert [each["version"] for each in listed] == ["2.0.0", "1.1.0", "1.0.0"]
        assert package.reader.get(package.url("/versions/1.1.0")).data == {
            **listed[1],
            "notes": None,
            "said": None,
        }

    @pytest.mark.parametrize("limit", [1, 2, 3, 200])
    def test_given_any_page_size_then_every_version_comes_exactly_once(
        self, package: Workshop, limit: int
    ) -> None:
        found: list[str] = []
        query: dict[str, str | int] = {"limit": limit}
        while True:
            page = package.reader.get(package.url("/versions"), query=query).ok()
            found += [each["version"] for each in page.items]
            if page.data["next_cursor"] is None:
                break
            query["cursor"] = page.data["next_cursor"]

        assert found == ["2.0.0", "1.1.0", "1.0.0"]

    @pytest.mark.parametrize("name", ["1:2.3-4~deb12u1", "1.0+build", "v1", "%41", "a?b#c&d", "x" * 128])
    def test_given_a_name_with_any_legal_characters_then_it_is_shown_and_deleted(
        self, shop: Workshop, name: str
    ) -> None:
        shop.upload(b"bytes", version=name).ok()
        url = shop.url(f"/versions/{quote(name, safe='')}")

        assert shop.reader.get(url).data["version"] == name
        assert shop.maintainer.delete(url).status == 204

    @pytest.mark.parametrize(
        "name", ["99.99.99", "1.0", "latest", "..", "%00", "1%200", "a%0Ab", "x" * 200, "版本"]
    )
    def test_given_no_such_version_then_404(self, package: Workshop, name: str) -> None:
        assert package.reader.get(package.url(f"/versions/{name}")).status == 404
        assert package.maintainer.delete(package.url(f"/versions/{name}")).status == 404

    @pytest.mark.parametrize("rest", ["/versions", "/versions/1.0.0", "/versions/absent"])
    def test_given_no_right_to_read_then_nothing_shows(self, package: Workshop, rest: str) -> None:
        assert package.anonymous.get(package.url(rest)).status == 401
        assert package.stranger.get(package.url(rest)).status == 404

    def test_given_an_unknown_parameter_then_422(self, package: Workshop) -> None:
        assert package.reader.get(package.url("/versions"), query={"status": "created"}).status == 422


class TestImmutable:
    def test_given_the_same_upload_again_then_the_version_keeps_its_id_maker_and_time(
        self, package: Workshop
    ) -> None:
        before = package.reader.get(package.url("/versions/1.0.0")).data

        package.maintainer.put(
            package.url("/upload/other-name.zip"), b"1.0.0", query={"version": "1.0.0"}
        ).ok()

        assert package.reader.get(package.url("/versions/1.0.0")).data == before

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_given_any_other_method_then_405(self, package: Workshop, method: str) -> None:
        answer = package.owner.request(method, package.url("/versions/1.0.0"), json={})

        assert answer.status == 405
        assert package.download("version:1.0.0").body == b"1.0.0"


class TestDelete:
    def test_given_a_deleted_version_then_it_is_gone_and_the_others_stay(self, package: Workshop) -> None:
        assert package.maintainer.delete(package.url("/versions/1.1.0")).status == 204

        assert package.reader.get(package.url("/versions/1.1.0")).status == 404
        assert package.download("version:1.1.0").status == 404
        assert package.download(f"artifact:{sha256(b'1.1.0')}").status == 404
        left = [each["version"] for each in package.reader.get(package.url("/versions")).items]
        assert left == ["2.0.0", "1.0.0"]

    def test_given_a_deleted_version_then_deleting_it_again_is_404(self, package: Workshop) -> None:
        package.maintainer.delete(package.url("/versions/1.1.0")).ok()

        assert package.maintainer.delete(package.url("/versions/1.1.0")).status == 404

    def test_given_a_tag_on_the_same_bytes_then_they_stay(self, package: Workshop) -> None:
        package.writer.request("PUT", package.url("/tags/keep"), json={"version": "1.1.0"}).ok()

        package.maintainer.delete(package.url("/versions/1.1.0")).ok()

        assert package.download("keep").body == b"1.1.0"

    @pytest.mark.parametrize("way", ["version", "release"])
    def test_given_tags_on_the_same_bytes_then_the_answer_warns_of_them(
        self, package: Workshop, way: str
    ) -> None:
        for tag in ("stable", "prod"):
            package.writer.request("PUT", package.url(f"/tags/{tag}"), json={"version": "1.1.0"}).ok()
        package.writer.request("PUT", package.url("/tags/other"), json={"version": "1.0.0"}).ok()
        release = package.reader.get(package.url("/versions/1.1.0")).data["id"]
        url = package.url("/versions/1.1.0") if way == "version" else f"/api/v1/packages/{release}"

        answer = package.maintainer.delete(url)

        assert (answer.status, answer.body) == (204, b"")
        assert json.loads(answer.headers["X-Registry-Warnings"]) == [
            {
                "reason": "tags_kept",
                "msg": "several tags still point at the bytes of version 1.1.0, among them prod; "
                "delete them or move them if they shall go",
                "version": "1.1.0",
                "artifact_id": sha256(b"1.1.0"),
                "tags": ["prod", "stable"],
                "more": False,
            }
        ]

    def test_given_one_tag_then_it_is_named_and_given_very_many_then_the_header_stays_short(
        self, package: Workshop
    ) -> None:
        package.writer.request("PUT", package.url("/tags/stable"), json={"version": "1.1.0"}).ok()
        for number in range(30):
            tag = package.url(f"/tags/{number:02}{'t' * 120}")
            package.writer.request("PUT", tag, json={"version": "1.0.0"}).ok()

        one = package.maintainer.delete(package.url("/versions/1.1.0")).headers["X-Registry-Warnings"]
        many = package.maintainer.delete(package.url("/versions/1.0.0")).headers["X-Registry-Warnings"]

        assert "tag stable still points at the bytes of version 1.1.0" in one
        assert len(json.loads(many)[0]["tags"]) == 10
        assert json.loads(many)[0]["more"] is True
        assert len(many) < 4000, "a proxy's default buffer for a whole head"
        assert many.isascii()

    def test_given_no_tag_on_its_bytes_or_none_in_this_package_then_there_is_no_warning(
        self, package: Workshop
    ) -> None:
        other = package.new_package()
        upload = package.url("/upload/a", package=other)
        package.writer.put(upload, b"1.1.0", query={"tag": "elsewhere"}).ok()

        answer = package.maintainer.delete(package.url("/versions/1.1.0"))

        assert "X-Registry-Warnings" not in answer.headers

    def test_given_a_deleted_version_then_only_its_own_bytes_can_have_the_name_again(
        self, package: Workshop
    ) -> None:
        package.maintainer.delete(package.url("/versions/1.1.0")).ok()

        assert package.upload(b"others", version="1.1.0").status == 409
        assert package.upload(b"1.1.0", version="1.1.0").status == 200
        assert package.download("version:1.1.0").body == b"1.1.0"

    @pytest.mark.parametrize(
        ("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403), ("writer", 403)]
    )
    def test_given_no_right_to_delete_then_it_stays(self, package: Workshop, who: str, status: int) -> None:
        assert getattr(package, who).delete(package.url("/versions/1.0.0")).status == status
        assert package.download("version:1.0.0").body == b"1.0.0"
