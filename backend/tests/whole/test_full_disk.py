"""What a full disk stops and what it does not, when the service sees it coming."""

import os
import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.support.apps import MakeApp
from tests.support.inside import Inside
from tests.support.registry import Workshop
from tests.support.small_disks import MIB
from tests.unit.health.test_health import disk_with
from tests.whole.test_surface import ROWS
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.web.endpoint import GROWING

# What may use the last half of the reserve, because it helps or must not wait; and every DELETE.
WORKS = {
    "log_in", "refresh", "log_in_by_wechat", "log_out", "change_password", "prove",
    "end_everything", "change_user",
    "change_service_account",
    "activate_release", "deactivate_release",
    "start_collect", "start_sweep", "start_fsck", "change_task", "verify_audit",
    "npm_audit_versions", "npm_audit_quickly", "npm_audit_tree",
}  # fmt: skip


@pytest.fixture
def own_app(make_app: MakeApp, tmp_path: Path) -> Flask:
    """An application whose database lies on a disk."""
    return make_app(DATABASE_URL=f"sqlite:///{tmp_path}/registry.db")


@pytest.fixture
def own_shop(own_app: Flask) -> Workshop:
    """A package in it, with a tag and bytes."""
    shop = Inside(own_app).workshop()
    shop.upload(b"kept", tag="kept").ok()
    return shop


def test_what_works_on_a_full_disk_is_decided_here() -> None:
    assert {row.operation for row in ROWS.values() if row.works_when_full} == WORKS
    assert all(row.method in GROWING for row in ROWS.values() if row.works_when_full)


class TestReserve:
    @pytest.mark.parametrize("size", [1, 20 * MIB])
    def test_given_less_room_than_is_announced_and_the_reserve_then_an_upload_is_refused(
        self, own_shop: Workshop, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        disk_with(monkeypatch, 512 * MIB + size - 4096 - 1)

        answer = own_shop.writer.put(own_shop.url("/upload/a.bin"), bytes(size))

        assert (answer.status, answer.reason) == (503, "store_full")
        assert int(answer.headers["Retry-After"]) > 0
        assert "disk" in answer.msg

    def test_given_just_enough_room_then_it_is_taken(
        self, own_shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk_with(monkeypatch, 512 * MIB + 4096)

        assert own_shop.upload(b"small").status == 200

    def test_given_that_the_reserve_is_half_gone_then_what_grows_is_refused_and_what_helps_is_not(
        self, own_shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk_with(monkeypatch, 256 * MIB - 4096)

        refused = (
            own_shop.owner.post("/api/v1/projects", {"name": "another"}),
            own_shop.writer.put(own_shop.url("/tags/next"), json={"version": "1.0"}),
            own_shop.anonymous.post("/api/v1/auth/register", {"email": "a@example.com", "password": "x" * 9}),
        )
        assert {(answer.status, answer.reason) for answer in refused} == {(503, "database_full")}
        assert own_shop.download("kept").ok().body == b"kept"
        assert own_shop.writer.delete(own_shop.url("/tags/kept")).status == 204
        credentials = {"email": "a@example.com", "password": "wrong password"}
        assert own_shop.anonymous.post("/api/v1/auth/login", credentials).status == 401

    def test_who_may_not_write_there_is_told_that_and_nothing_else(
        self, own_shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk_with(monkeypatch, 0)

        assert own_shop.anonymous.post("/api/v1/projects", {"name": "another"}).status == 401


class TestLog:
    """SQLite's write-ahead log has to fit into the reserve."""

    @pytest.mark.parametrize(("whole", "pages"), [(100 * 1024 * MIB, 1000), (64 * MIB, 204), (1 * MIB, 32)])
    def test_it_is_copied_the_earlier_the_smaller_the_reserve_is(
        self, make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int, pages: int
    ) -> None:
        blocks = whole // 4096
        figures = os.statvfs_result((4096, 4096, blocks, blocks, blocks, 100, 100, 100, 0, 255))
        monkeypatch.setattr(os, "statvfs", lambda _: figures)
        app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/registry.db")

        def pragma(tx: Transaction) -> int:
            return int(tx.session.connection().exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())

        with app.app_context():
            assert atomically(pragma) == pages

    def test_given_a_write_that_finds_no_room_then_it_is_tried_once_more_when_the_log_is_empty(
        self, own_app: Flask
    ) -> None:
        attempts: list[int] = []

        def work(_tx: Transaction) -> str:
            attempts.append(len(attempts))
            if len(attempts) == 1:
                raise full()
            return "done"

        with own_app.app_context():
            assert atomically(work) == "done"

        assert attempts == [0, 1]

    def test_given_that_there_is_still_none_then_that_is_raised(self, own_app: Flask) -> None:
        attempts: list[int] = []

        def work(_tx: Transaction) -> None:
            attempts.append(1)
            raise full()

        with own_app.app_context(), pytest.raises(OperationalError, match="full"):
            atomically(work)

        assert len(attempts) == 2


def full() -> OperationalError:
    """Make what SQLAlchemy raises on a full disk."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return OperationalError("INSERT", {}, error)
