"""Revision 0027: recovery codes say with which key they were hashed, there and back, with codes in it."""

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows


def test_given_a_recovery_code_then_it_stays_and_does_not_say_with_which_key_it_was_made(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_before("0027")
    insert_sample(connection)
    insert(connection, "recovery_codes", code_hash="c" * 64, user_id=1)

    alembic_runner.migrate_up_to("0027")

    assert rows(connection, "recovery_codes", "code_hash", "hashed_with") == [("c" * 64, None)]

    alembic_runner.migrate_down_one()

    assert rows(connection, "recovery_codes", "code_hash") == [("c" * 64,)]
