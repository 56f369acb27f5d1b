"""Alive as long as it answers; ready only while everything that it stands on answers too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import MakeApp, environment
from tests.support.client import ApiClient, sender
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit.db import db

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
    assert client.get(HEALTH).ok().data == {"status": "healthy"}
    assert client.get(READY).ok().data == {"status": "ready"}


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


def test_given_a_queue_that_cannot_be_opened_then_it_is_named(own_app: Flask) -> None:
    queue = Path(own_app.extensions["settings"].data_dir) / "queue.db"
    queue.mkdir()

    answer = ApiClient(sender(own_app)).get(READY)

    assert (answer.status, answer.data["down"]) == (503, ["queue"])
    assert str(queue).encode() not in answer.body


def test_given_that_everything_is_down_then_everything_is_named(without_database: Flask) -> None:
    shutil.rmtree(blobs_of(without_database))

    answer = ApiClient(sender(without_database)).get(READY)

    assert answer.data["down"] == ["database", "blob_store"]


def test_given_a_database_that_is_down_then_a_request_is_told_to_come_back(without_database: Flask) -> None:
    answer = ApiClient(sender(without_database), "wxr_" + "x" * 43).get("/api/v1/projects")

    assert (answer.status, answer.reason) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert b"sqlite" not in answer.body.lower()
