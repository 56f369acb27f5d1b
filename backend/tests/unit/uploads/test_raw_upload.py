"""A raw body in: `curl -T file …/upload/{filename}?tag=&version=`."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.builders import content, sha256
from tests.support.registry import Workshop

MIB = 1024 * 1024
CHUNKED = {
    "headers": {"Transfer-Encoding": "chunked"},
    "environ_overrides": {"wsgi.input_terminated": True},
}
ANSWER_FIELDS = {
    "id", "artifact_id", "sha256", "md5", "sha1", "size", "original_name", "content_type", "project",
    "package", "tag", "version", "version_source", "version_conflict", "ref_count", "deduplicated",
    "created_at",
}  # fmt: skip


class TestAnswer:
    def test_given_an_upload_then_the_answer_has_exactly_the_promised_fields(self, shop: Workshop) -> None:
        assert set(shop.upload(b"bytes").ok().data) == ANSWER_FIELDS

    def test_given_an_upload_then_all_three_digests_are_those_of_the_bytes(self, shop: Workshop) -> None:
        data = content(3_000_000)

        answer = shop.upload(data).ok()

        assert answer.data["sha256"] == answer.data["artifact_id"] == hashlib.sha256(data).hexdigest()
        assert answer.data["sha1"] == hashlib.sha1(data, usedforsecurity=False).hexdigest()
        assert answer.data["md5"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert answer.data["size"] == 3_000_000

    def test_given_an_upload_then_it_says_where_the_bytes_went_and_when(self, shop: Workshop) -> None:
        answer = shop.upload(b"bytes").ok()

        assert (answer.data["project"], answer.data["package"]) == (shop.project, shop.package)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", answer.data["created_at"])

    def test_given_neither_tag_nor_version_then_the_upload_itself_holds_the_bytes(
        self, shop: Workshop
    ) -> None:
        data = b"a bare upload"

        answer = shop.upload(data, "plain-file.bin").ok()

        assert (answer.data["tag"], answer.data["version"], answer.data["version_source"]) == (
            None,
            None,
            None,
        )
        assert answer.data["ref_count"] == 1
        assert shop.download(f"artifact:{sha256(data)}").body == data

    def test_given_a_tag_then_it_is_listed_with_the_package_and_points_at_the_bytes(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", tag="stable").ok()

        listed = shop.reader.get(shop.url("/tags")).items
        assert [(tag["name"], tag["artifact_id"]) for tag in listed] == [("stable", sha256(b"bytes"))]


class TestBytes:
    @pytest.mark.parametrize(
        "data",
        [
            bytes(range(256)) * 100,
            b"before\x00null\x00after",
            "Hello 你好世界 🌍 مرحبا".encode(),
            b"\r\n--x--\r\n",
        ],
        ids=["every value", "null bytes", "unicode text", "looks like a form"],
    )
    def test_given_any_bytes_then_exactly_those_come_back(self, shop: Workshop, data: bytes) -> None:
        shop.upload(data, tag="stable").ok()

        assert shop.download("stable").body == data

    @pytest.mark.parametrize("size_bytes", [1, 1024, 65_535, 65_536, 65_537, 196_608, 2_097_153])
    def test_given_any_size_then_the_same_bytes_come_back(self, shop: Workshop, size_bytes: int) -> None:
        data = content(size_bytes, seed=size_bytes)
        shop.upload(data, tag="stable").ok()

        answer = shop.download("stable")

        assert sha256(answer.body) == sha256(data)
        assert answer.headers["Content-Length"] == str(size_bytes)

    def test_given_a_body_without_announced_length_then_all_of_it_is_stored(self, shop: Workshop) -> None:
        data = content(200_000)

        shop.writer.put(shop.url("/upload/x.bin"), data, query={"tag": "stable"}, **CHUNKED).ok()

        assert shop.download("stable").body == data


class TestRefused:
    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("body", [None, b""])
    def test_given_no_bytes_then_422_names_the_file(self, shop: Workshop, body: bytes | None) -> None:
        answer = shop.writer.put(shop.url("/upload/empty.bin"), body)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    def test_given_an_empty_body_without_announced_length_then_422(self, shop: Workshop) -> None:
        assert shop.writer.put(shop.url("/upload/empty.bin"), b"", **CHUNKED).status == 422

    def test_given_fewer_bytes_than_announced_then_400_and_the_bytes_are_unknown(
        self, shop: Workshop
    ) -> None:
        answer = shop.writer.put(
            shop.url("/upload/x.bin"), b"short", environ_overrides={"CONTENT_LENGTH": "100"}
        )

        assert (answer.status, answer.reason) == (400, "interrupted")
        assert shop.writer.get(f"/api/v1/artifact/{sha256(b'short')}").status == 404

    @pytest.mark.parametrize(
        ("status", "options"),
        [
            (400, {"environ_overrides": {"CONTENT_LENGTH": str(7 * MIB)}}),
            (422, {"headers": {"X-Checksum-SHA256": "0" * 64}}),
        ],
        ids=["cut", "another checksum"],
    )
    def test_given_a_large_body_that_is_refused_at_its_end_then_nothing_remains(
        self, shop: Workshop, remains: Callable[[], dict[str, int]], status: int, options: dict[str, Any]
    ) -> None:
        before = remains()

        answer = shop.writer.put(shop.url("/upload/x.bin"), content(6 * MIB), **options)

        assert answer.status == status
        assert remains() == before

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("name", ["filename", "Tag", "force", "limit"])
    def test_given_an_unknown_parameter_then_422_names_it(self, shop: Workshop, name: str) -> None:
        answer = shop.writer.put(shop.url("/upload/x.bin"), b"bytes", query={name: "x"})

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, name)

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "tag", ["", "active", "a" * 64, "a:b", "../up", "a b", "x" * 129, "标签", ".hidden", "a\nb", "a\0b"]
    )
    def test_given_an_impossible_tag_then_422_and_nothing_is_accepted(self, shop: Workshop, tag: str) -> None:
        answer = shop.upload(b"bytes", tag=tag)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")
        assert shop.reader.get(shop.url("/uploads")).items == []

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("version", ["", "1 0", "1/0", "版本", "x" * 129, "1\n0", "1\x000", "../1"])
    def test_given_an_impossible_version_then_422_and_nothing_is_accepted(
        self, shop: Workshop, version: str
    ) -> None:
        answer = shop.upload(b"bytes", version=version)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "version")
        assert shop.reader.get(shop.url("/uploads")).items == []

    def test_given_no_file_name_then_there_is_no_such_url(self, shop: Workshop) -> None:
        assert shop.writer.put(shop.url("/upload/"), b"bytes").status == 404

    @pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
    def test_given_another_method_then_405_names_put(self, shop: Workshop, method: str) -> None:
        answer = shop.writer.request(method, shop.url("/upload/x.bin"))

        assert (answer.status, answer.reason) == (405, "method_not_allowed")
        assert "PUT" in answer.headers["Allow"]
