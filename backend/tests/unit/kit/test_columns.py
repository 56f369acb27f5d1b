"""What goes into a column comes out of it again, in the same zone and to the same microsecond."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import StatementError

from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.users.models import User

MOMENT = datetime(2031, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _within(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def stored(moment: datetime) -> datetime:
    """Write a time into a row and read it back."""
    with transaction() as tx:
        tx.session.add(User(email=None, username="ada", created_at=moment))
    with reading() as session:
        return session.execute(select(User.created_at)).scalar_one()


@pytest.mark.parametrize(
    "moment",
    [
        MOMENT,
        MOMENT.replace(microsecond=0),
        MOMENT.replace(microsecond=1),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_a_time_comes_back_as_it_was(moment: datetime) -> None:
    back = stored(moment)

    assert back == moment
    assert back.tzinfo is UTC


def test_a_time_of_another_zone_comes_back_as_the_same_moment_in_utc() -> None:
    beijing = timezone(timedelta(hours=8))

    back = stored(datetime(2031, 2, 3, 4, 5, 6, tzinfo=beijing))

    assert back == datetime(2031, 2, 2, 20, 5, 6, tzinfo=UTC)
    assert back.tzinfo is UTC


def test_the_database_holds_utc() -> None:
    stored(datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=8))))

    with reading() as session:
        held = session.execute(text("SELECT created_at FROM users")).scalar_one()
    assert held == "2031-02-02 20:05:06.000000"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(StatementError, match="without a zone"):
        stored(datetime(2031, 2, 3))  # noqa: DTZ001  # this is what must not happen


def test_no_time_stays_none() -> None:
    column, dialect = UtcDateTime(), mysql.dialect()

    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(None, dialect) is None


def test_times_can_be_compared_in_the_database() -> None:
    stored(MOMENT)

    with reading() as session:
        earlier = select(User.id).where(User.created_at < MOMENT + timedelta(microseconds=1))
        assert session.execute(earlier).scalar_one()
        assert session.execute(select(User.id).where(User.created_at < MOMENT)).first() is None


def test_on_mysql_a_time_has_microseconds_and_names_compare_byte_by_byte() -> None:
    dialect = mysql.dialect()

    assert UtcDateTime().compile(dialect=dialect) == "DATETIME(6)"
    assert "ascii_bin" in ascii_name(10).compile(dialect=dialect)
    assert "utf8mb4_bin" in unicode_name(10).compile(dialect=dialect)


def test_an_answer_writes_a_time_in_utc_with_microseconds() -> None:
    """RFC 3339."""
    assert clock.rfc3339(MOMENT) == "2031-02-03T04:05:06.789012Z"
    assert clock.rfc3339(MOMENT.replace(microsecond=0)) == "2031-02-03T04:05:06.000000Z"
    assert clock.rfc3339(datetime(2031, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))) == (
        "2031-01-01T00:00:00.000000Z"
    )


def test_the_clock_knows_its_zone_and_never_goes_back() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()
