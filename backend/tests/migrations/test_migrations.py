"""The migrations: from nothing to the schema that the code expects, and back, on each database."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from pytest_alembic import MigrationContext
from pytest_alembic.tests import (  # noqa: F401  # collected here: what every history must do
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy.exc import IntegrityError

from tests.conftest import environment
from tests.support.backing import backing
from tests.support.databases import database_beside
from wxcloudrun.app import create_app
from wxcloudrun.config import BACKEND_DIR, Settings
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base, db

DIGEST = "a" * 64
VERSION_TABLE = "alembic_version"


NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "next", "{head}"


def upgrade():
    with op.batch_alter_table("projects", recreate="auto") as batch:
        batch.add_column(sa.Column("next_column", sa.Integer))
        batch.alter_column("is_public", existing_type=sa.Boolean(), nullable=True)


def downgrade():
    with op.batch_alter_table("projects") as batch:
        batch.drop_column("next_column")
"""


@pytest.fixture(params=["sqlite", "mysql"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'registry.db'}"
        return
    server = backing().need("mysql")
    record_property("server", "mysql")
    with database_beside(str(server["url"])) as url:
        yield url


@pytest.fixture
def app(url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application over that database."""
    environ = {**environment(".env.unit"), "DATA_DIR": str(tmp_path), "DATABASE_URL": url}
    app = create_app(Settings.from_env(environ))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def alembic_config() -> Config:
    """The project's own migrations."""
    config = Config()
    config.set_main_option("script_location", str(BACKEND_DIR / "migrations"))
    return config


@pytest.fixture
def alembic_engine(app: Flask) -> Engine:
    """The application's database."""
    del app
    return db.engine


@pytest.fixture
def connection(alembic_engine: Engine) -> Iterator[Connection]:
    """A connection to it, to look at what the migrations have done."""
    with alembic_engine.connect() as connection:
        yield connection


def tables(connection: Connection) -> set[str]:
    """Return what tables there are."""
    found = set(inspect(connection).get_table_names())
    connection.rollback()
    return found - {VERSION_TABLE}


def everything(connection: Connection) -> dict[str, list[str]]:
    """Return the columns and the names of indexes and keys of each table."""
    inspector = inspect(connection)
    found = {
        table: sorted(
            [
                *(
                    f"{each['name']} {each['type']} {each['nullable']}"
                    for each in inspector.get_columns(table)
                ),
                *(f"{each['name']} {each['column_names']}" for each in inspector.get_indexes(table)),
                *(f"{each['name']} {each['options']}" for each in inspector.get_foreign_keys(table)),
                *(f"{each['name']}" for each in inspector.get_unique_constraints(table)),
            ]
        )
        for table in inspector.get_table_names()
    }
    connection.rollback()
    return found


def sample_rows() -> Mapping[str, dict[str, Any]]:
    """Return one row of each kind that somebody would miss."""
    now = clock.now()
    reference = {
        "package_id": 1,
        "artifact_id": DIGEST,
        "original_name": "测试 包.zip",
        "content_type": "application/zip",
        "deposited_at": now,
        "deposited_by": 1,
    }
    return {
        "users": {"id": 1, "email": "ada@example.com", "username": "ada ß 😀", "created_at": now},
        "projects": {"id": 1, "name": "tools", "created_at": now, "created_by": 1},
        "memberships": {"project_id": 1, "user_id": 1, "role": 4, "created_at": now},
        "packages": {"id": 1, "project_id": 1, "name": "hammer", "created_at": now},
        "artifacts": {"id": DIGEST, "size_bytes": 2**40, "object_key": "f" * 32, "created_at": now},
        "versions": {"id": 1, "version": "1.0.0", "status": "downloaded", "created_at": now, **reference},
        "tags": {"id": 1, "name": "stable", "updated_at": now, **reference},
        "retired_versions": {"package_id": 1, "version": "0.9", "digest": DIGEST, "retired_at": now},
    }


def insert_sample(connection: Connection) -> None:
    """Put the sample into the tables, those first that others point at."""
    rows = sample_rows()
    with connection.begin():
        for table in Base.metadata.sorted_tables:
            if table.name in rows:
                connection.execute(table.insert().values(rows[table.name]))


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with connection.begin():
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def test_from_nothing_to_everything(alembic_runner: MigrationContext, connection: Connection) -> None:
    assert tables(connection) == set()

    alembic_runner.migrate_up_to("heads")

    assert tables(connection) == set(Base.metadata.tables)


def test_down_to_nothing_and_up_again_gives_the_same(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("heads")
    before = everything(connection)

    alembic_runner.migrate_down_to("base")
    assert tables(connection) == set()

    alembic_runner.migrate_up_to("heads")
    assert everything(connection) == before


def test_every_revision_goes_down_and_up(alembic_runner: MigrationContext) -> None:
    for revision in alembic_runner.history.revisions[1:]:
        if revision == "heads":
            continue
        alembic_runner.migrate_up_to(revision)
        alembic_runner.migrate_down_one()
        alembic_runner.migrate_up_to(revision)
        assert alembic_runner.current == revision


def test_data_is_as_it_was_after_another_upgrade(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    before = contents(connection)

    alembic_runner.migrate_up_to("heads")

    assert contents(connection) == before
    assert {name for name, rows in before.items() if rows} == set(sample_rows())


def test_data_goes_through_every_revision_but_the_first(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    """Tables that a revision takes away may lose their rows; the others may not."""
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    first = alembic_runner.history.revisions[1]

    alembic_runner.migrate_down_to(first)
    alembic_runner.migrate_up_to("heads")

    after = contents(connection)
    for table in ("users", "projects", "packages", "artifacts", "versions", "tags"):
        assert len(after[table]) == 1, table


def test_versions_from_before_releases_say_since_when_their_bytes_are_here(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    versions = Base.metadata.tables["versions"]
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    waiting = {**sample_rows()["versions"], "id": 2, "version": "2.0.0", "artifact_id": None}
    with connection.begin():
        connection.execute(versions.insert().values({**waiting, "status": "created"}))

    alembic_runner.migrate_down_to("0003")
    alembic_runner.migrate_up_to("heads")

    columns = (versions.c.downloaded_at, versions.c.deposited_at, versions.c.activated_in)
    with connection.begin():
        full, empty = connection.execute(select(*columns).order_by(versions.c.id))
    assert full.downloaded_at == full.deposited_at is not None
    assert empty.downloaded_at is None
    assert (full.activated_in, empty.activated_in) == (None, None)


def test_references_hold_after_a_migration(alembic_runner: MigrationContext, connection: Connection) -> None:
    """Changing a table on SQLite needs its foreign keys off; they have to come back."""
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    artifacts = Base.metadata.tables["artifacts"]

    with pytest.raises(IntegrityError), connection.begin():
        connection.execute(artifacts.delete())


@pytest.fixture
def next_revision(alembic_config: Config, tmp_path: Path) -> Config:
    """The project's migrations and one more, which changes a table that others point at."""
    head = ScriptDirectory.from_config(alembic_config).get_current_head()
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "next.py").write_text(NEXT_REVISION.format(head=head))
    locations = (BACKEND_DIR / "migrations" / "versions", folder)
    alembic_config.set_main_option("path_separator", "newline")
    alembic_config.set_main_option("version_locations", "\n".join(map(str, locations)))
    return alembic_config


@pytest.mark.usefixtures("app")
def test_changing_a_table_that_others_point_at_keeps_their_rows(
    next_revision: Config, connection: Connection
) -> None:
    """SQLite changes a table by copying it and dropping the old one, and a drop deletes like DELETE does."""
    command.upgrade(next_revision, "next-1")
    insert_sample(connection)
    before = contents(connection)

    command.upgrade(next_revision, "heads")

    assert contents(connection) == before
    assert "next_column" in {each["name"] for each in inspect(connection).get_columns("projects")}


def test_names_differ_by_case_on_every_database(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    tags = Base.metadata.tables["tags"]

    with connection.begin():
        connection.execute(tags.insert().values({**sample_rows()["tags"], "id": 2, "name": "Stable"}))
        found = connection.execute(select(func.count()).where(tags.c.name == "stable")).scalar_one()

    assert found == 1
