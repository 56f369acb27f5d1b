"""Revision 0016: packages get a format and room for its names, and lose both again."""

import pytest
from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import DIGEST, insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock

BEFORE, LONG = "0015", "oci:" + "a" * 200


def test_given_packages_then_they_are_generic_and_the_same_afterwards(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to(BEFORE)
    insert_sample(connection)

    alembic_runner.migrate_up_to("0016")

    assert rows(connection, "packages", "id", "format", "name", "display_name") == [
        (1, "generic", "hammer", None)
    ]
    common = {"project_id": 1, "name_id": 1, "created_at": clock.now()}
    insert(connection, "packages", id=2, format="npm", name="hammer", **common)
    insert(connection, "packages", id=3, format="oci", name=LONG[4:], **common)
    insert(connection, "package_names", id=2, project="tools", package=LONG)
    insert(connection, "package_names", id=3, project="tools", package="npm:hammer")
    gone = {"package_id": 9, "version": "1", "digest": DIGEST, "retired_at": clock.now()}
    for name_id in (2, 3):
        insert(connection, "retired_versions", name_id=name_id, **gone)
        insert(connection, "retired_files", name_id=name_id, filename="a", **gone)

    with pytest.raises(RuntimeError, match=r"package hammer \(2\) has the format npm"):
        alembic_runner.migrate_down_to(BEFORE)

    assert len(rows(connection, "packages", "id")) == 3
    with connection.begin():
        connection.exec_driver_sql("DELETE FROM packages WHERE id > 1")

    alembic_runner.migrate_down_to(BEFORE)

    assert rows(connection, "packages", "id", "name") == [(1, "hammer")]
    assert rows(connection, "package_names", "package") == [("hammer",), ("npm:hammer",)]
    assert rows(connection, "retired_versions", "name_id") == [(1,), (3,)]
    assert rows(connection, "retired_files", "name_id") == [(3,)]
    assert rows(connection, "tags", "name") == [("stable",)]  # what hangs on packages is still there
