"""Revision 0028: what stands for the versions of a package, there and back."""

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import rows


def test_given_packages_then_each_gets_a_stamp_of_its_own_and_stays_when_they_go(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0027")
    insert_sample(connection)
    packages = rows(connection, "packages", "id")
    assert packages

    alembic_runner.migrate_up_to("0028")

    stamps = rows(connection, "version_stamps", "package_id", "stamp")
    assert [package for package, _ in stamps] == [package for (package,) in packages]
    assert len({stamp for _, stamp in stamps}) == len(packages)
    assert {len(stamp) for _, stamp in stamps} == {16}

    alembic_runner.migrate_down_to("0027")

    assert rows(connection, "packages", "id") == packages
