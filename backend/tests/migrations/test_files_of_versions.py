"""Revision 0013: the bytes of versions go over to their files, and back, with what is known of them."""

from typing import Any

import pytest
from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import DIGEST, insert_sample, insert_then
from wxcloudrun.kit import clock

BEFORE = "0012"
DEPOSIT = "artifact_id, original_name, content_type, deposited_at, deposited_by"
BEYOND_A_BATCH = 12_345


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds."""
    with connection.begin():
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def fill(connection: Connection) -> None:
    """Put in versions with bytes, far apart, and one that waits for them."""
    insert_sample(connection)
    now = clock.now()
    common = {"package_id": 1, "created_at": now}
    deposit = {"artifact_id": DIGEST, "content_type": "a/b", "deposited_at": now, "deposited_by": 1}
    some = {**common, **deposit, "status": "downloaded", "original_name": "a ß 😀.zip"}
    insert_then(connection, "versions", **some, id=5, version="5")
    insert_then(connection, "versions", **{**some, "original_name": None}, id=BEYOND_A_BATCH, version="6")
    insert_then(connection, "versions", **common, id=7, version="7", status="created")


def test_given_versions_then_each_has_its_file_and_gets_its_bytes_back(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to(BEFORE)
    fill(connection)
    bytes_of = f"SELECT id, {DEPOSIT} FROM versions WHERE artifact_id IS NOT NULL ORDER BY id"
    before = rows(connection, bytes_of)

    alembic_runner.migrate_up_to("0013")

    assert rows(connection, f"SELECT version_id, {DEPOSIT} FROM version_files ORDER BY version_id") == before
    names = "SELECT version_id, package_id, filename FROM version_files ORDER BY version_id"
    assert rows(connection, names) == [(5, 1, "a ß 😀.zip"), (BEYOND_A_BATCH, 1, "6")]
    counts = "SELECT id, files_count FROM versions ORDER BY id"
    assert rows(connection, counts) == [(1, 0), (5, 1), (7, 0), (BEYOND_A_BATCH, 1)]

    alembic_runner.migrate_down_to(BEFORE)

    assert rows(connection, bytes_of) == before


def test_given_a_version_of_several_files_then_the_way_back_is_refused_and_nothing_changes(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0013")
    insert_sample(connection)
    with connection.begin():
        connection.exec_driver_sql("UPDATE versions SET files_count = 2")

    with pytest.raises(RuntimeError, match=r"version 1\.0\.0 of package 1 has several files"):
        alembic_runner.migrate_down_to(BEFORE)

    assert rows(connection, "SELECT version_id, filename FROM version_files") == [(1, "测试 包.zip")]
