"""Revision 0010: kinds of users and makers of keys, there and back, with service accounts in it."""

from typing import Any

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def key(number: int, user_id: int) -> dict[str, Any]:
    """Return the row of a key."""
    return {
        "id": number, "user_id": user_id, "name": "ci", "prefix": "wxr_12345678",
        "key_hash": f"{number}" * 64, "scopes": "read", "created_at": clock.now(),
    }  # fmt: skip


def test_given_users_and_keys_then_all_are_people_who_made_their_keys(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0009")
    insert_sample(connection)
    long = "Service:" + "ß" * 142
    insert(connection, "users", id=2, username="service:tools/ci", created_at=clock.now())
    insert(connection, "users", id=3, username=long, created_at=clock.now())
    insert(connection, "users", id=4, username=None, created_at=clock.now(), deleted_at=clock.now())
    insert(connection, "api_keys", **key(7, 1))

    alembic_runner.migrate_up_to("0010")

    assert rows(connection, "users", "id", "kind", "username") == [
        (1, "person", "ada ß 😀"),
        (2, "person", "_service:tools/ci"),
        (3, "person", f"_{long}"[:150]),
        (4, "person", None),
    ]
    assert rows(connection, "api_keys", "id", "user_id", "created_by") == [(7, 1, 1)]

    alembic_runner.migrate_down_to("0009")

    assert rows(connection, "users", "id", "email") == [
        (1, "ada@example.com"),
        (2, None),
        (3, None),
        (4, None),
    ]
    assert rows(connection, "api_keys", "id", "user_id") == [(7, 1)]


def test_given_service_accounts_when_going_back_then_they_open_nothing_and_what_they_made_stays(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    now = clock.now()
    alembic_runner.migrate_up_to("0010")
    insert_sample(connection)
    insert(connection, "users", id=9, kind="service", username="service:tools/" + "c" * 63, created_at=now)
    account = {"user_id": 9, "project_id": 1, "namespace_id": 1, "name": "c" * 63, "created_by": 1}
    insert(connection, "service_accounts", **account)
    insert(connection, "memberships", project_id=1, user_id=9, role=2, created_at=now)
    for number, user_id in ((7, 1), (8, 9)):
        insert(connection, "api_keys", **key(number, user_id), created_by=1)
    insert(connection, "packages", id=2, project_id=1, name_id=1, name="saw", created_at=now, created_by=9)

    alembic_runner.migrate_down_to("0009")

    assert rows(connection, "api_keys", "id", "user_id") == [(7, 1)]
    assert rows(connection, "memberships", "project_id", "user_id") == [(1, 1)]
    gone = rows(connection, "users", "id", "username", "is_active", "deleted_at")[1]
    assert gone[:3] == (9, None, False)
    assert gone[3] is not None
    assert rows(connection, "packages", "id", "created_by") == [(1, None), (2, 9)]

    alembic_runner.migrate_up_to("heads")

    assert rows(connection, "service_accounts", "user_id") == []
    assert rows(connection, "users", "id", "kind") == [(1, "person"), (9, "person")]
