"""A whole table in parts: every row once, however many there are and wherever a part ends."""

import pytest
from flask import Flask
from sqlalchemy import select

from wxcloudrun.kit import clock, windows
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.sessions.models import RevokedToken
from wxcloudrun.users.models import User


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("after", [None, "02"])
def test_every_row_is_in_one_window(
    app: Flask, monkeypatch: pytest.MonkeyPatch, rows: int, after: str | None
) -> None:
    monkeypatch.setattr(windows, "ROWS", 3)
    keys = [f"{number:02}" for number in range(rows)]
    with app.app_context():
        with transaction() as tx:
            tx.session.add_all(RevokedToken(jti=key, expires_at=clock.now()) for key in keys)
        with reading() as session:
            found = [
                list(session.execute(select(RevokedToken.jti).where(window)).scalars())
                for window in windows.windows(session, RevokedToken.jti, after=after)
            ]

    assert all(len(each) <= 3 for each in found)
    assert sorted(key for each in found for key in each) == [key for key in keys if key > (after or "")]


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
@pytest.mark.parametrize("before", [None, 1, 2, 31, 60, 1000])
def test_the_newest_that_fit_are_found_however_far_apart_they_are(
    app: Flask, monkeypatch: pytest.MonkeyPatch, limit: int, before: int | None
) -> None:
    monkeypatch.setattr(windows, "FIRST_IDS", 2)
    ids = [1, 2, 3, 17, 30, 31, 32, 60]
    with app.app_context():
        with transaction() as tx:
            for number in ids:
                row = {"id": number, "username": f"u{number}", "created_at": clock.now()}
                tx.session.add(User(**row, is_admin=number % 2 == 1))
        with reading() as session:
            people = select(User.id).where(~User.is_admin)
            groups = windows.Groups(User.id, people)
            rows = windows.newest_first(session, User.id, people, groups=groups, before=before, limit=limit)

    even = [number for number in reversed(ids) if number % 2 == 0 and (before is None or number < before)]
    assert [row.id for row in rows] == even[:limit]
