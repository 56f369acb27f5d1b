"""Revision 0009: names of packages and retired versions, there and back, with what is on its way out."""

from typing import Any

from pytest_alembic import MigrationContext
from sqlalchemy import Connection, inspect, select

from tests.migrations.conftest import DIGEST, insert_row, insert_sample, insert_then, sample_rows
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base

OTHER_DIGEST = "b" * 64


def insert(connection: Connection, table: str, /, **values: Any) -> None:
    """Put one row into a table."""
    with connection.begin():
        there = {each["name"] for each in inspect(connection).get_columns(table)}
        insert_row(connection, Base.metadata.tables[table], values, there)


def rows(connection: Connection, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of every row of a table, in their order."""
    table = Base.metadata.tables[name]
    wanted = [table.c[column] for column in columns]
    with connection.begin():
        return [tuple(row) for row in connection.execute(select(*wanted).order_by(*wanted))]


def test_given_packages_and_retired_versions_then_each_has_its_name_afterwards(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0008")
    insert_sample(connection)
    more = f"""
        INSERT INTO projects (id, name, description, is_public, created_at)
        VALUES (2, 'toys', '', 0, '2026-01-01');
        INSERT INTO packages (id, project_id, name, description, created_at)
        VALUES (7, 2, 'hammer', '', '2026-01-01');
        INSERT INTO retired_versions (package_id, version, digest, retired_at)
        VALUES (7, '1.0', '{OTHER_DIGEST}', '2026-01-01')
    """
    with connection.begin():
        for statement in more.split(";"):
            connection.exec_driver_sql(statement)

    alembic_runner.migrate_up_to("0009")

    assert rows(connection, "package_names", "project", "package") == [
        ("tools", "hammer"),
        ("toys", "hammer"),
    ]
    ids = dict(rows(connection, "package_names", "project", "id"))
    assert rows(connection, "packages", "id", "name_id") == [(1, ids["tools"]), (7, ids["toys"])]
    assert rows(connection, "retired_versions", "package_id", "name_id", "version", "digest") == [
        (1, ids["tools"], "0.9", DIGEST),
        (7, ids["toys"], "1.0", OTHER_DIGEST),
    ]

    alembic_runner.migrate_down_to("0008")

    kept = rows(connection, "retired_versions", "package_id", "version", "digest")
    assert kept == [(1, "0.9", DIGEST), (7, "1.0", OTHER_DIGEST)]


def test_given_what_is_on_its_way_out_when_going_back_then_it_is_erased_and_the_rest_stays(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    now, sample = clock.now(), sample_rows()
    alembic_runner.migrate_up_to("0009")
    insert_sample(connection)
    version = {
        "package_id": 1,
        "status": "downloaded",
        "version": "1.0.0",
        "created_at": now,
        "deposited_by": 9,
    }
    insert(connection, "users", id=9, created_at=now, deleted_at=now, is_active=False, is_admin=False)
    insert(connection, "memberships", project_id=1, user_id=9, role=4, created_at=now)
    insert(connection, "packages", id=2, project_id=None, name_id=1, name="hammer", created_at=now)
    insert(connection, "projects", id=3, name="~3", created_at=now, deleted_at=now)
    insert(connection, "package_names", id=3, project="gone", package="saw")
    insert(connection, "packages", id=3, project_id=3, name_id=3, name="saw", created_at=now)
    for number in (2, 3):
        insert_then(connection, "versions", **{**version, "id": number, "package_id": number})
        insert(connection, "tags", **{**sample["tags"], "id": number, "package_id": number})
    insert_then(connection, "versions", **{**version, "id": 4, "version": "4.0.0"})
    for number, text in ((1, "1.0.0"), (3, "0.1")):  # the first has its name back, the other one's is gone
        retired = {"name_id": number, "package_id": number, "version": text, "digest": DIGEST}
        insert(connection, "retired_versions", **retired, retired_at=now)

    alembic_runner.migrate_down_to("0008")

    assert rows(connection, "users", "id") == [(1,)]
    assert rows(connection, "projects", "id", "name") == [(1, "tools")]
    assert rows(connection, "memberships", "project_id", "user_id") == [(1, 1)]
    assert rows(connection, "packages", "id", "project_id") == [(1, 1)]
    with connection.begin():
        depositors = connection.exec_driver_sql("SELECT id, deposited_by FROM versions ORDER BY id").all()
    assert depositors == [(1, None), (4, None)]
    assert rows(connection, "tags", "id") == [(1,)]
    assert rows(connection, "retired_versions", "package_id", "version") == [(1, "0.9")]

    alembic_runner.migrate_up_to("heads")

    assert rows(connection, "package_names", "project", "package") == [("tools", "hammer")]
