"""What ends further ahead than anything is ever put was written by a wrong clock, and counts as over."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from wxcloudrun.kit import clock, columns
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.users.models import User

NOW = datetime(2031, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (NOW - HOUR, True),
        (NOW, True),
        (NOW + MOMENT, False),
        (NOW + HOUR, False),
        (NOW + HOUR + clock.MAX_SKEW, False),
        (NOW + HOUR + clock.MAX_SKEW + MOMENT, True),
        (NOW.replace(year=2060), True),
    ],
)
def test_python_and_sql_agree_on_what_is_over(app: Flask, end: datetime, *, expected: bool) -> None:
    with app.app_context():
        with transaction() as tx:
            tx.session.add(User(email=None, username="ada", created_at=end))
        with reading() as session:
            found = session.execute(select(columns.is_over(User.created_at, NOW, HOUR))).scalar_one()

    assert (clock.is_over(end, NOW, HOUR), bool(found)) == (expected, expected)
