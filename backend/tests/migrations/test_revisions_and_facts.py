"""Revisions 0030 to 0032: what pages are revalidated against, and what files say of themselves."""

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample, insert_then
from tests.migrations.test_names_that_outlive import rows
from wxcloudrun.kit import clock


def test_given_packages_then_those_with_a_protocol_get_a_revision_and_files_stay(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0029")
    insert_sample(connection)
    named = {"id": 2, "project": "tools", "package": "pypi:hammer"}
    insert_then(connection, "package_names", **named)
    insert_then(
        connection, "packages", id=2, project_id=1, name_id=2, format="pypi", name="hammer", description="",
        layout="files", widened_at_file=0, created_at=clock.now().replace(tzinfo=None),
    )  # fmt: skip
    files = rows(connection, "version_files", "id", "filename")

    alembic_runner.migrate_up_to("0031")

    revisions = rows(connection, "package_revisions", "package_id", "revision", "mark")
    assert [each[:2] for each in revisions] == [(2, 1)]
    assert len(revisions[0][2]) == 16
    assert rows(connection, "file_facts", "file_id") == rows(connection, "file_documents", "file_id") == []

    alembic_runner.migrate_down_to("0029")

    assert rows(connection, "version_files", "id", "filename") == files


def test_given_revisions_then_they_say_nothing_of_when_they_changed(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0031")
    insert_sample(connection)
    columns = ("package_id", "revision", "mark")
    before = rows(connection, "package_revisions", *columns)
    assert len(before) == 1

    alembic_runner.migrate_up_to("0032")

    assert rows(connection, "package_revisions", *columns, "changed_at") == [(*before[0], None)]

    alembic_runner.migrate_down_to("0031")

    assert rows(connection, "package_revisions", *columns) == before
