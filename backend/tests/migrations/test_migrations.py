"""The migrations: from nothing to the schema that the code expects, and back, on each database."""

import pytest
from alembic import command
from alembic.config import Config
from pytest_alembic import MigrationContext
from pytest_alembic.tests import (  # noqa: F401  # collected here: what every history must do
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import IntegrityError

from tests.migrations.conftest import (
    contents,
    everything,
    insert_sample,
    insert_then,
    sample_rows,
    tables,
)
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Base


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
    versions, files = (Base.metadata.tables[name] for name in ("versions", "version_files"))
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    waiting = {**sample_rows()["versions"], "id": 2, "version": "2.0.0", "files_count": 0}
    with connection.begin():
        connection.execute(versions.insert().values({**waiting, "status": "created"}))

    alembic_runner.migrate_down_to("0003")
    alembic_runner.migrate_up_to("heads")

    columns = (versions.c.downloaded_at, files.c.deposited_at, versions.c.activated_in)
    with connection.begin():
        both = select(*columns).outerjoin_from(versions, files, files.c.version_id == versions.c.id)
        full, empty = connection.execute(both.order_by(versions.c.id))
    assert full.downloaded_at == full.deposited_at is not None
    assert empty.downloaded_at is None
    assert (full.activated_in, empty.activated_in) == (None, None)


def test_versions_from_before_schemes_get_that_of_the_package_they_were_read_from(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    versions = Base.metadata.tables["versions"]
    alembic_runner.migrate_up_to("0009")
    insert_sample(connection)
    told = [
        (2, "metadata", "hello_2.10-3_amd64.deb", "deb"),
        (40_001, "metadata", "工具-1.2-3.el9.x86_64.RPM", "rpm"),
        (40_002, "metadata", "hello-2.10.tar.gz", None),
        (40_003, "filename", "hello_2.10-3.deb", None),
        (90_000, "explicit", "hello.deb", None),
        (90_001, None, "hello.rpm", None),
    ]
    common = {"package_id": 1, "status": "downloaded", "created_at": clock.now()}
    for number, source, name, _ in told:
        facts = {"id": number, "version": f"{number}", "version_source": source, "original_name": name}
        insert_then(connection, "versions", **common, **facts)

    alembic_runner.migrate_up_to("heads")

    with connection.begin():
        found = {row.id: row.scheme for row in connection.execute(select(versions))}
    assert found == {1: None, **{number: scheme for number, _, _, scheme in told}}


def test_what_is_said_of_versions_comes_as_nothing_and_goes_with_the_way_back(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    versions, notes = (Base.metadata.tables[name] for name in ("versions", "version_notes"))
    alembic_runner.migrate_up_to("0011")
    insert_sample(connection)
    alembic_runner.migrate_up_to("0012")
    said = (versions.c.yanked_at, versions.c.yanked_reason, versions.c.deprecated)
    with connection.begin():
        assert tuple(connection.execute(select(*said)).one()) == (None, None, None)
        now = clock.now()
        connection.execute(
            versions.update().values(yanked_at=now, yanked_reason="由" * 500, deprecated="😀" * 1000)
        )
        connection.execute(notes.insert().values(version_id=1, notes=b"x" * 65536))
        assert tuple(connection.execute(select(*said)).one()) == (now, "由" * 500, "😀" * 1000)

    alembic_runner.migrate_down_to("0011")
    alembic_runner.migrate_up_to("0012")

    with connection.begin():
        row = connection.execute(select(versions.c.version, *said)).one()
        assert tuple(row) == ("1.0.0", None, None, None)
        assert connection.execute(select(notes)).all() == []


def test_references_hold_after_a_migration(alembic_runner: MigrationContext, connection: Connection) -> None:
    """Changing a table on SQLite needs its foreign keys off; they have to come back."""
    alembic_runner.migrate_up_to("heads")
    insert_sample(connection)
    artifacts = Base.metadata.tables["artifacts"]

    with pytest.raises(IntegrityError), connection.begin():
        connection.execute(artifacts.delete())


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
