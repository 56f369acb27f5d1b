"""Revision 0021: hashes say with which key they were made, there and back, with credentials in it."""

from datetime import timedelta

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def test_given_credentials_then_they_stay_with_their_hashes_and_without_the_name_of_a_key(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_before("0021")
    insert_sample(connection)
    now = clock.now()
    times = {"created_at": now, "expires_at": now + timedelta(days=1)}
    insert(connection, "sessions", id="s" * 32, user_id=1, cookie_hash="c" * 64, **times)
    before = rows(connection, "sessions", "id", "cookie_hash")

    alembic_runner.migrate_up_to("0021")

    assert rows(connection, "sessions", "id", "cookie_hash") == before
    assert {name for (name,) in rows(connection, "sessions", "hashed_with")} == {None}
    tokens = {"session_id": "s" * 32, "issued_at": now, "expires_at": now + timedelta(days=1)}
    insert(connection, "refresh_tokens", token_hash="t" * 64, hashed_with="0123456789abcdef", **tokens)

    alembic_runner.migrate_down_one()

    assert rows(connection, "sessions", "id", "cookie_hash") == before
    assert ("t" * 64,) in rows(connection, "refresh_tokens", "token_hash")
