"""Alive as long as it answers; ready only while everything that it stands on answers too."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.apps import MakeApp, environment
from tests.support.client import Answer, ApiClient, sender
from tests.support.small_disks import MIB
from tests.support.sqlite_files import other_writer
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.health.errors import NotReady
from wxcloudrun.health.service import HealthService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db
from wxcloudrun.kit.release import VERSION
from wxcloudrun.web.endpoint import service

HEALTH, READY = "/api/health", "/api/ready"


@pytest.fixture
def own_app(make_app: MakeApp) -> Flask:
    """An application whose directory a test may damage."""
    return make_app()


@pytest.fixture
def without_database(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database cannot be opened."""
    environ = {
        **environment(".env.unit"),
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder/registry.db",
    }
    app = create_app(Settings.from_env(environ))
    yield app
    with app.app_context():
        db.engine.dispose()


def blobs_of(app: Flask) -> Path:
    """Return the directory of an application's blobs."""
    return Path(app.extensions["settings"].data_dir) / "blobs"


def test_given_that_all_is_well_then_it_is_healthy_and_ready(client: ApiClient) -> None:
    assert client.get(HEALTH).ok().data == {"status": "healthy", "version": VERSION}
    assert client.get(READY).ok().data == {"status": "ready", "doubts": 0}


def test_nobody_is_asked_who_they_are(client: ApiClient) -> None:
    for url in (HEALTH, READY):
        assert client.as_("nonsense").get(url).status == 200
        assert client.head(url).status == 200


def test_given_a_blob_directory_that_is_gone_then_it_is_named(own_app: Flask) -> None:
    client = ApiClient(sender(own_app))
    shutil.rmtree(blobs_of(own_app))

    answer = client.get(READY)

    assert (answer.status, answer.reason) == (503, "not_ready")
    assert answer.data["down"] == ["blob_store"]
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get(HEALTH).status == 200


def test_given_a_file_in_its_place_then_it_is_named_and_no_path_is_shown(own_app: Flask) -> None:
    client = ApiClient(sender(own_app))
    shutil.rmtree(blobs_of(own_app))
    blobs_of(own_app).write_bytes(b"")

    answer = client.get(READY)

    assert (answer.status, answer.data["down"]) == (503, ["blob_store"])
    assert str(blobs_of(own_app)).encode() not in answer.body


def test_given_that_it_is_back_then_the_service_is_ready_again(own_app: Flask) -> None:
    client = ApiClient(sender(own_app))
    blobs_of(own_app).rename(blobs_of(own_app).with_name("away"))
    assert client.get(READY).status == 503

    blobs_of(own_app).with_name("away").rename(blobs_of(own_app))

    assert client.get(READY).status == 200


def test_given_a_database_that_is_down_then_it_is_named(without_database: Flask) -> None:
    client = ApiClient(sender(without_database))

    answer = client.get(READY)

    assert (answer.status, answer.data["down"]) == (503, ["database"])
    assert client.get(HEALTH).status == 200


def test_given_a_redis_that_cannot_be_reached_then_the_queue_is_named(make_app: MakeApp) -> None:
    app = make_app(REDIS_URL="redis://127.0.0.1:1/0")

    answer = ApiClient(sender(app)).get(READY)

    assert (answer.status, answer.data["down"]) == (503, ["queue"])
    assert b"127.0.0.1" not in answer.body


def test_given_that_everything_is_down_then_everything_is_named(without_database: Flask) -> None:
    shutil.rmtree(blobs_of(without_database))

    answer = ApiClient(sender(without_database)).get(READY)

    assert answer.data["down"] == ["database", "blob_store"]
    assert answer.data["causes"] == {"database": "unreachable", "blob_store": "unreachable"}


def test_given_a_database_that_is_down_then_a_request_is_told_to_come_back(without_database: Flask) -> None:
    answer = ApiClient(sender(without_database), "wxr_" + "x" * 43).get("/api/v1/projects")

    assert (answer.status, answer.reason) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert b"sqlite" not in answer.body.lower()


def test_given_many_who_wait_then_one_look_answers_all_who_asked_before_it(own_app: Flask) -> None:
    asked_at = clock.monotonic()
    client = ApiClient(sender(own_app))
    client.get(READY).ok()
    shutil.rmtree(blobs_of(own_app))

    with own_app.app_context():
        service(HealthService).check(asked_at)
        with pytest.raises(NotReady):
            service(HealthService).check(clock.monotonic())


class TestCauses:
    """Full, locked, read-only and away are told apart."""

    @pytest.fixture
    def database(self, tmp_path: Path) -> Path:
        """Where the database file lies."""
        return tmp_path / "registry.db"

    @pytest.fixture
    def on_file(self, make_app: MakeApp, database: Path) -> Flask:
        """An application whose database another process can hold."""
        return make_app(DATABASE_URL=f"sqlite:///{database}")

    def ready(self, app: Flask) -> Answer:
        """Ask whether an application is ready."""
        return ApiClient(sender(app)).get(READY)

    def test_given_a_locked_database_then_that_is_said(self, on_file: Flask, database: Path) -> None:
        with other_writer(database) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = self.ready(on_file)

        assert (answer.status, answer.data["causes"]) == (503, {"database": "locked"})
        assert self.ready(on_file).status == 200

    def test_given_a_database_that_can_only_be_read_then_that_is_said(
        self, on_file: Flask, database: Path, make_app: MakeApp
    ) -> None:
        assert self.ready(on_file).status == 200
        read_only = make_app(DATABASE_URL=f"sqlite:///file:{database}?mode=ro&uri=true")

        answer = self.ready(read_only)

        assert (answer.status, answer.data["causes"]) == (503, {"database": "read_only"})
        assert "database can only be read" in answer.msg

    @pytest.mark.parametrize(
        ("free_bytes", "causes"),
        [
            (600 * MIB, {}),
            (500 * MIB, {"blob_store": "full"}),
            (250 * MIB, {"database": "full", "blob_store": "full"}),
            (0, {"database": "full", "blob_store": "full"}),
        ],
    )
    def test_given_a_disk_whose_reserve_is_touched_then_what_cannot_be_written_is_named(
        self, on_file: Flask, monkeypatch: pytest.MonkeyPatch, free_bytes: int, causes: dict[str, str]
    ) -> None:
        disk_with(monkeypatch, free_bytes)

        answer = self.ready(on_file)

        assert answer.data.get("causes", {}) == causes
        assert answer.status == (503 if causes else 200)
        assert ("the disk of" in answer.msg) is bool(causes)

    def test_given_a_disk_that_can_only_be_read_then_that_is_said(
        self, on_file: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk_with(monkeypatch, 50 * 1024 * MIB, flags=os.ST_RDONLY)

        assert self.ready(on_file).data["causes"] == {"database": "read_only"}


def disk_with(monkeypatch: pytest.MonkeyPatch, free_bytes: int, *, flags: int = 0) -> None:
    """Let every disk have 100 GiB and so much of it free."""
    blocks, free = 100 * 1024 * MIB // 4096, free_bytes // 4096
    figures = os.statvfs_result((4096, 4096, blocks, free, free, 10_000, 9_000, 9_000, flags, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: figures)
