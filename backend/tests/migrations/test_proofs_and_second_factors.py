"""Revision 0023: proofs of sessions, second factors and notices, there and back, with people in it."""

from datetime import timedelta

from pytest_alembic import MigrationContext
from sqlalchemy import Connection, text

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def test_given_logins_then_they_go_on_without_a_proof_and_nobody_has_a_second_factor(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0022")
    insert_sample(connection)
    now = clock.now()
    session = {"user_id": 1, "created_at": now, "expires_at": now + timedelta(days=1)}
    insert(connection, "sessions", id="a" * 32, cookie_hash="a" * 64, **session)
    people = rows(connection, "users", "id", "email")

    alembic_runner.migrate_up_to("0023")

    columns = ("proved_at", "last_used_at", "address", "device", "ended_at")
    found = rows(connection, "sessions", "id", *columns)
    assert ("a" * 32, None, None, None, None, None) in found
    assert rows(connection, "users", "id", "email") == people
    assert {factor for _, factor in rows(connection, "users", "id", "second_factor_at")} == {None}

    with connection.begin():
        connection.execute(text("UPDATE users SET second_factor_at = created_at"))
    insert(connection, "second_factors", user_id=1, sealed_secret="sealed", last_step=7, created_at=now)
    insert(connection, "recovery_codes", code_hash="c" * 64, user_id=1)
    insert(connection, "notices", id=1, user_id=1, what="password.changed", noticed_at=now, address=None)

    alembic_runner.migrate_down_to("0022")

    assert rows(connection, "users", "id", "email") == people
    assert [row[0] for row in rows(connection, "sessions", "id", "ended_at")] == [row[0] for row in found]
