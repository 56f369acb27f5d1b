"""Revision 0029: names of people become unique, there and back, with names that were taken for the same."""

import pytest
from pytest_alembic import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock
from wxcloudrun.users.rules import username_key

LONG = "n" * 150
GIVEN = {
    50: "grace",
    51: "Grace",
    52: "\uff27\uff32\uff21\uff23\uff25",
    53: "grace-51",  # is called so already: that name is not given to 51
    54: "straße",
    55: "STRASSE",
    56: LONG,
    57: LONG.upper(),
    58: "  grace",
    59: None,
    60: None,
}
EXPECTED = {
    50: "grace",
    51: "Grace-51-2",
    52: "\uff27\uff32\uff21\uff23\uff25-52",
    53: "grace-51",
    54: "straße",
    55: "STRASSE-55",
    56: LONG,
    57: LONG.upper()[:147] + "-57",
    58: "  grace-58",
    59: None,
    60: None,
}


def people(connection: Connection) -> dict[int, tuple[str | None, str | None]]:
    found = rows(connection, "users", "id", "username", "username_key")
    return {user_id: (name, key) for user_id, name, key in found if user_id in GIVEN}


def test_given_names_that_are_taken_for_the_same_then_the_older_account_keeps_it(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0028")
    insert_sample(connection)
    for user_id, name in GIVEN.items():
        insert_person(connection, user_id, name)
    insert_person(connection, 70, "service:tools/ci", kind="service")
    insert_person(connection, 71, "service:tools/ci", kind="service")  # of a project that was deleted

    alembic_runner.migrate_up_to("0029")

    expected = {
        user_id: (name, None if name is None else username_key(name)) for user_id, name in EXPECTED.items()
    }
    assert people(connection) == expected
    named = {user_id: (kind, name, key) for user_id, kind, name, key in all_users(connection)}
    assert named[70] == named[71] == ("service", "service:tools/ci", None)
    assert {key is None for kind, name, key in named.values() if kind == "person" and name} == {False}

    with pytest.raises(IntegrityError):
        insert_person(connection, 72, "Grace", username_key=username_key("Grace"))

    alembic_runner.migrate_down_one()

    names = dict(rows(connection, "users", "id", "username"))
    assert {user_id: names[user_id] for user_id in EXPECTED} == EXPECTED


def all_users(connection: Connection) -> list[tuple[int, str, str | None, str | None]]:
    return rows(connection, "users", "id", "kind", "username", "username_key")


def insert_person(connection: Connection, user_id: int, name: str | None, **more: str) -> None:
    row = {"id": user_id, "username": name, "created_at": clock.now(), "kind": "person", **more}
    insert(connection, "users", is_active=name is not None, is_admin=False, **row)
