"""Ids that the database makes: never the same one twice, also after a table was copied."""

import json
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from pytest_alembic import MigrationContext
from sqlalchemy import Connection, select

from tests.migrations.conftest import insert_sample, insert_then, sample_rows
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base
from wxcloudrun.releases.rules.assignments import Assignment


def made_by_the_database(connection: Connection) -> set[str]:
    """Return the tables whose ids the database makes, and never makes twice."""
    if connection.dialect.name == "sqlite":
        statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    else:
        statement = (
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND extra = 'auto_increment'"
        )
    with connection.begin():
        return set(connection.exec_driver_sql(statement).scalars())


def test_every_table_whose_ids_the_database_makes_never_gives_one_twice(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("heads")
    migrated = made_by_the_database(connection)

    by_models = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.autoincrement_column is not None and not table.autoincrement_column.foreign_keys
    }
    declared = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.dialect_options["sqlite"]["autoincrement"]
    }
    assert migrated == by_models == declared


@pytest.mark.usefixtures("app")
def test_changing_a_table_keeps_how_far_its_ids_were(next_revision: Config, connection: Connection) -> None:
    projects = Base.metadata.tables["projects"]
    project = {"created_at": clock.now(), "created_by": None}
    command.upgrade(next_revision, "next-1")
    with connection.begin():
        connection.execute(projects.insert().values({**project, "id": 7, "name": "gone"}))
        connection.execute(projects.delete().where(projects.c.id == 7))

    command.upgrade(next_revision, "heads")

    with connection.begin():
        made = connection.execute(projects.insert().values({**project, "name": "new"}))
    assert made.inserted_primary_key == (8,)
    assert "projects" in made_by_the_database(connection)


def lose_autoincrement(connection: Connection) -> None:
    """Copy the table of versions as revision 0004 once did on SQLite."""
    with connection.begin():
        sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'versions'").scalar_one()
        copy = sql.replace("AUTOINCREMENT", "").replace("CREATE TABLE versions", "CREATE TABLE copy", 1)
        copy = copy.replace('CREATE TABLE "versions"', "CREATE TABLE copy", 1)
        indexes = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'versions' AND type = 'index' AND sql IS NOT NULL"
        )
        for statement in (
            copy, "INSERT INTO copy SELECT * FROM versions", "DROP TABLE versions",
            "ALTER TABLE copy RENAME TO versions", *indexes.scalars().all(),
        ):  # fmt: skip
            connection.exec_driver_sql(statement)


def test_ids_that_were_given_before_are_not_given_again_after_the_upgrade(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    versions, audit = (Base.metadata.tables[name] for name in ("versions", "audit_entries"))
    alembic_runner.migrate_up_to("0007")
    insert_sample(connection)
    with connection.begin():
        connection.execute(
            audit.insert().values(
                at=clock.now(), credential="jwt", action="release.created", object="x", after='{"release":41}'
            )
        )
        if connection.dialect.name == "mysql":
            connection.exec_driver_sql("ALTER TABLE versions AUTO_INCREMENT = 42")
    if connection.dialect.name == "sqlite":
        lose_autoincrement(connection)
        assert "versions" not in made_by_the_database(connection)

    alembic_runner.migrate_up_to("heads")

    new = {**sample_rows()["versions"], "version": "2.0.0"}
    del new["id"]
    with connection.begin():
        made = connection.execute(versions.insert().values(new))
    assert made.inserted_primary_key == (42,)


def test_jobs_that_wait_say_afterwards_which_release_they_were_made_for(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    versions, jobs = (Base.metadata.tables[name] for name in ("versions", "jobs"))
    now = clock.now()
    job = {
        "kind": "obtain_release", "state": "queued", "arguments": '{"release_id":2}', "not_before": now,
        "attempts": 0, "max_attempts": 5, "fence": 0, "losses": 0,
    }  # fmt: skip
    release = {
        "id": 2, "package_id": 1, "version": "2.0.0", "status": "created", "source": '{"type": "nix"}',
        "created_at": now,
    }  # fmt: skip
    alembic_runner.migrate_up_to("0007")
    insert_sample(connection)
    insert_then(connection, "versions", **release)
    with connection.begin():
        connection.execute(jobs.insert().values({**job, "id": 1, "created_at": now - timedelta(hours=1)}))
        connection.execute(jobs.insert().values({**job, "id": 2, "created_at": now}))

    alembic_runner.migrate_up_to("heads")

    with connection.begin():
        older, own = connection.execute(select(jobs.c.arguments).order_by(jobs.c.id)).scalars()
        row = connection.execute(select(versions).where(versions.c.id == 2)).one()
    assert Assignment.read(json.loads(own)).means(row)
    assert not Assignment.read(json.loads(older)).means(row), "it was made before this release was"
