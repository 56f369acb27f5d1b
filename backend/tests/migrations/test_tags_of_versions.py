"""Revision 0015: tags stay where they are, each at one thing, and one of a version bars the way back."""

import pytest
from pytest_alembic import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tests.migrations.conftest import DIGEST, insert_sample


def change(connection: Connection, statement: str) -> None:
    """Change rows."""
    with connection.begin():
        connection.exec_driver_sql(statement)


def test_given_tags_then_they_stay_and_one_of_a_version_goes_with_it_and_bars_the_way_back(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0014")
    insert_sample(connection)

    alembic_runner.migrate_up_to("0015")

    def pointing() -> list[tuple[object, ...]]:
        with connection.begin():
            rows = connection.exec_driver_sql("SELECT name, artifact_id, version_id FROM tags")
            return [tuple(row) for row in rows]

    assert pointing() == [("stable", DIGEST, None)]
    for nonsense in ("version_id = 1", "artifact_id = NULL"):
        with pytest.raises(DBAPIError):
            change(connection, f"UPDATE tags SET {nonsense}")
    change(connection, "UPDATE tags SET version_id = 1, artifact_id = NULL")
    with pytest.raises(RuntimeError, match="tag stable of package 1 points at a version"):
        alembic_runner.migrate_down_to("0014")
    change(connection, "DELETE FROM versions")
    assert pointing() == []
    alembic_runner.migrate_down_to("0014")
