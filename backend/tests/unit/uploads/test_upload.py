"""Bytes in: what an upload answers and what it leaves behind."""

from pathlib import Path

import pytest
from flask import Flask

from tests.support.builders import content, sha256
from tests.support.registry import Workshop
from tests.support.remains import remove_what_may_go


def objects(blobs: Path) -> list[Path]:
    """Return every stored object."""
    return [path for path in blobs.rglob("*") if path.is_file()]


class TestRawUpload:
    def test_given_bytes_when_put_then_the_answer_describes_exactly_those(self, shop: Workshop) -> None:
        data = content(1000)

        answer = shop.upload(data, "app.bin", tag="stable", version="1.0.0").ok()

        assert answer.data["artifact_id"] == answer.data["sha256"] == sha256(data)
        assert answer.data["size"] == 1000
        assert answer.data["original_name"] == "app.bin"
        assert (answer.data["tag"], answer.data["version"]) == ("stable", "1.0.0")
        assert answer.data["version_source"] == "explicit"
        assert answer.data["ref_count"] == 2

    def test_given_an_upload_when_downloaded_then_the_bytes_are_the_same(self, shop: Workshop) -> None:
        data = content(70_000)
        shop.upload(data, tag="stable").ok()

        assert shop.download("stable").body == data

    @pytest.mark.parametrize("size_bytes", [1, 65_535, 65_536, 65_537, 1_048_577])
    def test_given_any_size_when_stored_then_one_object_of_that_size_lies_there(
        self, shop: Workshop, blobs: Path, size_bytes: int
    ) -> None:
        shop.upload(content(size_bytes)).ok()

        assert [path.stat().st_size for path in objects(blobs)] == [size_bytes]

    def test_given_the_same_bytes_twice_then_they_are_stored_once(
        self, app: Flask, shop: Workshop, blobs: Path
    ) -> None:
        first = shop.upload(b"same", tag="a").ok()
        second = shop.upload(b"same", tag="b").ok()

        assert (first.data["deduplicated"], second.data["deduplicated"]) == (False, True)
        assert second.data["ref_count"] == 2
        assert remove_what_may_go(app) == 1
        assert len(objects(blobs)) == 1, "the second copy must not linger"


class TestRefusals:
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_given_no_right_to_write_then_nothing_is_stored(
        self, shop: Workshop, blobs: Path, who: str, status: int
    ) -> None:
        answer = getattr(shop, who).put(shop.url("/upload/x.bin"), b"bytes")

        assert answer.status == status
        assert objects(blobs) == []

    def test_given_a_wrong_checksum_then_nothing_remains(self, shop: Workshop, blobs: Path) -> None:
        answer = shop.writer.put(shop.url("/upload/x.bin"), b"bytes", headers={"X-Checksum-SHA256": "0" * 64})

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert answer.data["received"] == sha256(b"bytes")
        assert objects(blobs) == []
        assert shop.writer.get(f"/api/v1/artifact/{sha256(b'bytes')}").status == 404
