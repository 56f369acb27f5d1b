"""Revision 0024: lines of keys, there and back, with keys of before and keys with scopes that are new."""

from datetime import timedelta

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def test_given_keys_then_they_stand_on_nothing_and_keep_scopes_and_ends_there_and_back(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0023")
    insert_sample(connection)
    now = clock.now()
    key = {"user_id": 1, "name": "build", "prefix": "wxr_12345678", "created_at": now, "created_by": 1}
    columns = ("id", "scopes", "expires_at", "revoked_at")
    for number, expires_at in ((101, None), (102, now + timedelta(days=1))):
        insert(
            connection, "api_keys", id=number, key_hash=f"{number}" * 20, scopes="read write admin",
            expires_at=expires_at, **key,
        )  # fmt: skip
    before = [row for row in rows(connection, "api_keys", *columns) if row[0] > 100]

    alembic_runner.migrate_up_to("0024")

    assert [row for row in rows(connection, "api_keys", *columns) if row[0] > 100] == before
    lines = [row[1:] for row in rows(connection, "api_keys", "id", "parent_id", "replaces_id")]
    assert set(lines) == {(None, None)}
    for number, scopes in ((103, "download upload release manage"), (104, "download read")):
        insert(
            connection, "api_keys", id=number, key_hash=f"{number}" * 20, scopes=scopes,
            parent_id=101, **key,
        )  # fmt: skip

    alembic_runner.migrate_down_to("0023")

    after = {row[0]: row[1:] for row in rows(connection, "api_keys", *columns)}
    assert [(number, *after[number]) for number in (101, 102)] == before
    assert (after[103][0], after[103][2] is not None) == ("read", True)
    assert (after[104][0], after[104][2]) == ("read", None)
