"""A stored object that is gone or damaged is replaced by the next upload of the same bytes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import content, sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from wxcloudrun.artifacts.models import PendingDeletion
from wxcloudrun.kit.db import reading

pytestmark = pytest.mark.local_store
DATA = content(50_000)
Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "gone": lambda path: path.unlink(),
    "truncated": lambda path: path.write_bytes(DATA[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "grown": lambda path: path.write_bytes(DATA + b"x"),
}


def only_object(blobs: Path) -> Path:
    (path,) = [path for path in blobs.rglob("*") if path.is_file()]
    return path


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
class TestDamaged:
    def test_given_damage_when_downloaded_then_503_before_any_byte(
        self, shop: Workshop, blobs: Path, damage: Damage
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        damage(only_object(blobs))

        answer = shop.download("stable")

        assert (answer.status, answer.reason) == (503, "object_damaged")
        assert answer.headers["Retry-After"].isdigit()

    def test_given_damage_when_a_part_is_downloaded_then_503_too(
        self, shop: Workshop, blobs: Path, damage: Damage
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        damage(only_object(blobs))

        assert shop.download("stable", headers={"Range": "bytes=0-9"}).status == 503

    def test_given_damage_when_the_bytes_are_sent_again_then_they_come_back(
        self, shop: Workshop, blobs: Path, damage: Damage
    ) -> None:
        shop.upload(DATA, tag="stable", version="1.0").ok()
        damage(only_object(blobs))

        answer = shop.upload(DATA, tag="other").ok()

        assert answer.data["deduplicated"] is True
        for ref in ("stable", "version:1.0", "other"):
            assert shop.download(ref).body == DATA

    def test_given_damage_when_the_same_request_is_retried_under_its_key_then_the_bytes_come_back(
        self, shop: Workshop, blobs: Path, damage: Damage
    ) -> None:
        url, options = (
            shop.url("/upload/x.bin"),
            {"query": {"tag": "stable"}, "headers": {"Idempotency-Key": "one"}},
        )
        first = shop.writer.put(url, DATA, **options).ok()
        damage(only_object(blobs))

        second = shop.writer.put(url, DATA, **options).ok()

        assert second.data["id"] == first.data["id"]
        assert shop.download("stable").body == DATA

    def test_given_damage_then_a_deploy_by_checksum_asks_for_the_bytes(
        self, shop: Workshop, blobs: Path, damage: Damage
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        damage(only_object(blobs))
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        assert shop.writer.put(shop.url("/upload/x.bin"), headers=headers).status == 404


class TestAftermath:
    def test_given_healing_then_the_old_object_is_to_be_deleted_once_every_link_has_expired(
        self, app: Flask, shop: Workshop, blobs: Path
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        damaged = only_object(blobs)
        damaged.write_bytes(b"damaged")

        shop.upload(DATA, tag="stable").ok()

        with app.app_context(), reading() as session:
            pending = session.execute(select(PendingDeletion)).scalars().one()
        assert pending.object_key == damaged.name
        link_seconds = app.extensions["settings"].link_seconds
        assert pending.not_before >= datetime.now(UTC) + timedelta(seconds=link_seconds - 60)
        assert damaged.exists(), "a link that was given out may still point there"

    def test_given_healing_then_a_conflict_leaves_the_damage_and_nothing_else(
        self, shop: Workshop, blobs: Path, remains: Callable[[], dict[str, int]]
    ) -> None:
        shop.upload(b"the version", version="1.0").ok()
        shop.upload(DATA, tag="stable").ok()
        before = remains()
        largest = max(
            (path for path in blobs.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
        )
        largest.write_bytes(b"damaged")

        assert shop.upload(DATA, version="1.0").status == 409

        assert remains() == before
        assert shop.download("stable").status == 503

    def test_given_damage_in_a_project_that_the_caller_cannot_see_then_it_is_healed_without_a_word(
        self, shop: Workshop, blobs: Path, administrator: ApiClient
    ) -> None:
        shop.upload(DATA, tag="stable").ok()
        only_object(blobs).unlink()
        administrator.post("/api/v1/projects", {"name": "elsewhere"}).ok()
        administrator.post("/api/v1/project/elsewhere/packages", {"name": "p"}).ok()
        member = f"/api/v1/project/elsewhere/members/{shop.people['stranger'].id}"
        administrator.request("PUT", member, json={"role": "writer"}).ok()

        answer = shop.stranger.put("/api/v1/project/elsewhere/p/upload/x.bin", DATA).ok()

        assert (answer.data["deduplicated"], answer.data["ref_count"]) == (False, 1)
        assert shop.download("stable").body == DATA
