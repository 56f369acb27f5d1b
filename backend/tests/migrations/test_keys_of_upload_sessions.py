"""Revision 0020: keys with which upload sessions were begun, there and back, with sessions in it."""

from datetime import timedelta

from pytest_alembic import MigrationContext
from sqlalchemy import Connection

from tests.migrations.conftest import insert_sample
from tests.migrations.test_names_that_outlive import insert, rows
from wxcloudrun.kit import clock


def test_given_sessions_then_they_have_no_key_and_stay_when_going_back(
    alembic_runner: MigrationContext, connection: Connection
) -> None:
    alembic_runner.migrate_up_to("0019")
    insert_sample(connection)
    now = clock.now()
    session = {
        "package_id": 1, "created_by": 1, "filename": "a ß.bin", "content_type": "text/plain",
        "size_bytes": 5, "part_bytes": 5, "received": b"\x00", "object_key": "k" * 32, "writer": "{}",
        "hashed_parts": 0, "state": "open", "fence": 0, "created_at": now,
        "expires_at": now + timedelta(days=1),
    }  # fmt: skip
    for number in (1, 2):
        insert(connection, "upload_sessions", id=number, public_id=f"{number}" * 32, **session)

    alembic_runner.migrate_up_to("0020")

    assert rows(connection, "upload_sessions", "id", "idempotency_key", "fingerprint") == [
        (1, None, None),
        (2, None, None),
    ]
    key = {"idempotency_key": "key", "fingerprint": "f" * 64}
    insert(connection, "upload_sessions", id=3, public_id="3" * 32, **session, **key)

    alembic_runner.migrate_down_to("0019")

    assert rows(connection, "upload_sessions", "id", "filename") == [
        (1, "a ß.bin"), (2, "a ß.bin"), (3, "a ß.bin")
    ]  # fmt: skip
