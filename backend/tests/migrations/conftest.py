"""An empty database of each kind for every test, the migrations, and rows to take through them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, Engine, MetaData, Table, column, inspect, select
from sqlalchemy import table as sa_table
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from tests.support.apps import environment
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
        "package_names": {"id": 1, "project": "tools", "package": "hammer"},
        "packages": {"id": 1, "project_id": 1, "name_id": 1, "name": "hammer", "created_at": now},
        "artifacts": {"id": DIGEST, "size_bytes": 2**40, "object_key": "f" * 32, "created_at": now},
        "versions": {
            "id": 1, "package_id": 1, "version": "1.0.0", "status": "downloaded", "files_count": 1,
            "created_at": now,
        },
        "version_stamps": {"package_id": 1, "stamp": "0123456789abcdef"},
        "package_revisions": {"package_id": 1, "mark": "0123456789abcdef"},
        "file_facts": {"file_id": 1, "summary": "说明"},
        "file_documents": {"file_id": 1, "kind": "metadata", "content": b"Name: x\n"},
        "version_files": {"id": 1, "version_id": 1, "filename": "测试 包.zip", **reference},
        "version_notes": {"version_id": 1, "properties": b'{"a": "b"}', "notes": "说明".encode()},
        "tags": {"id": 1, "name": "stable", "updated_at": now, **reference},
        "retired_versions": {
            "name_id": 1, "package_id": 1, "version": "0.9", "digest": DIGEST, "retired_at": now,
        },
    }  # fmt: skip


def insert_sample(connection: Connection) -> None:
    """Put the sample into the tables, those first that others point at; what is not there yet is left out."""
    rows = sample_rows()
    inspector = inspect(connection)
    there = {
        name: {each["name"] for each in inspector.get_columns(name)} for name in inspector.get_table_names()
    }
    connection.rollback()
    order = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name in rows]
    connection.rollback()
    with connection.begin():
        for table in (Base.metadata.tables[name] for name in order if name):
            if table.name in there:
                insert_row(connection, table, rows[table.name], there[table.name])


def insert_row(connection: Connection, table: Table, values: Mapping[str, Any], there: set[str]) -> None:
    """Put one row into a table that has only those columns; what is not said is as the model has it."""
    row = {**defaults(table), **values}
    known = {name: value for name, value in row.items() if name in there}
    plain = sa_table(table.name, *(column(name, table.c[name].type) for name in known))
    connection.execute(plain.insert().values(known))


def insert_then(connection: Connection, name: str, /, **values: Any) -> None:
    """Put one row into a table as it is now, which may be another one than the models say."""
    with connection.begin():
        table = Table(name, MetaData(), autoload_with=connection)
        connection.execute(table.insert().values(values))


def defaults(table: Table) -> dict[str, Any]:
    """Return what stands in a row of whoever says nothing about a column."""
    given = {each.name: each.default for each in table.columns}
    return {name: each.arg for name, each in given.items() if isinstance(each, ScalarElementColumnDefault)}


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with connection.begin():
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


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
