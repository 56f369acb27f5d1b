"""Revision 0026: verified addresses and mailed tokens, there and back, with people in it."""

from datetime import timedelta

from pytest_alembic import MigrationContext
from sqlalchemy import Connection, text

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def test_given_people_then_none_of_their_addresses_is_verified_and_nothing_else_is_lost(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_before("0026")
    insert_sample(connection)
    people = rows(connection, "users", "id", "email", "password_hash")

    alembic_runner.migrate_up_to("0026")

    assert {at for _, at in rows(connection, "users", "id", "email_verified_at")} == {None}
    now = clock.now()
    with connection.begin():
        connection.execute(text("UPDATE users SET email_verified_at = created_at"))
    token = {"token_hash": "a" * 64, "purpose": "recovery", "email": "größer@example.com"}
    insert(connection, "mailed_tokens", user_id=1, expires_at=now + timedelta(minutes=30), **token)

    alembic_runner.migrate_down_one()

    assert rows(connection, "users", "id", "email", "password_hash") == people
