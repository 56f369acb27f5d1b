"""What an upload must not reveal: bytes that the credential may not read, and facts of foreign uploads."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.support import builders
from tests.support.builders import sha256
from tests.support.registry import Workshop
from wxcloudrun.kit.security import Scope


@pytest.fixture
def write_only(app: Flask, shop: Workshop) -> str:
    """A key of the writer that may write and not read."""
    return builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE}))


def test_given_a_write_only_key_then_an_upload_does_not_tell_whether_the_bytes_were_there(
    shop: Workshop, write_only: str
) -> None:
    shop.upload(b"known", tag="mine").ok()
    blind = shop.writer.as_(write_only)

    known = blind.put(shop.url("/upload/a.bin"), b"known").ok()
    unknown = blind.put(shop.url("/upload/a.bin"), b"unknown").ok()

    for answer in (known, unknown):
        assert (answer.data["deduplicated"], answer.data["ref_count"]) == (False, 0)


def test_given_a_write_only_key_then_deploy_by_checksum_asks_for_the_bytes(
    shop: Workshop, write_only: str
) -> None:
    shop.upload(b"known", tag="mine").ok()
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(b"known")}

    answer = shop.writer.as_(write_only).put(shop.url("/upload/a.bin"), headers=headers)

    assert answer.status == 404


def test_given_an_artifact_of_another_package_then_no_tag_points_at_it_until_it_is_uploaded_here(
    shop: Workshop,
) -> None:
    other = shop.new_package()
    shop.writer.put(shop.url("/upload/secret-name.bin", package=other), b"theirs").ok()
    target = {"artifact_id": sha256(b"theirs")}

    before = shop.writer.request("PUT", shop.url("/tags/stable"), json=target)
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(b"theirs")}
    shop.writer.put(shop.url("/upload/own-name.bin"), headers=headers).ok()
    after = shop.writer.request("PUT", shop.url("/tags/stable"), json=target)

    assert (before.status, after.status) == (404, 200)
    assert "own-name.bin" in shop.download("stable").headers["Content-Disposition"]


def test_given_deploy_by_checksum_with_another_md5_then_it_is_refused(shop: Workshop) -> None:
    shop.upload(b"known", tag="mine").ok()
    headers = {
        "X-Checksum-Deploy": "true",
        "X-Checksum-SHA256": sha256(b"known"),
        "X-Checksum-MD5": "0" * 32,
    }

    answer = shop.writer.put(shop.url("/upload/a.bin"), headers=headers)

    assert (answer.status, answer.data["algorithm"]) == (422, "md5")


def test_given_head_with_a_range_then_the_whole_is_described(shop: Workshop) -> None:
    shop.upload(b"0123456789", tag="mine").ok()

    answer = shop.reader.head(shop.url("/+/mine"), headers={"Range": "bytes=2-3"})

    assert (answer.status, answer.headers["Content-Length"]) == (200, "10")


@pytest.mark.local_store
def test_given_a_damaged_object_then_head_says_so_too(shop: Workshop, blobs: Path) -> None:
    shop.upload(b"0123456789", tag="mine").ok()
    for path in blobs.rglob("*"):
        if path.is_file():
            path.write_bytes(b"short")

    assert shop.reader.head(shop.url("/+/mine")).status == 503


@pytest.mark.local_store
def test_given_a_fresh_data_directory_then_only_its_owner_can_enter(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    made = make_app(DATA_DIR=str(tmp_path / "fresh"))

    assert stat.S_IMODE(Path(made.extensions["settings"].data_dir).stat().st_mode) == 0o700
