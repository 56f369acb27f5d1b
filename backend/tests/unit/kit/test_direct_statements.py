"""What goes to the database beside the session: single questions, and new rows without a flush."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.support.apps import MakeApp
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import asking, insert_at_once, on_this_database, reading, transaction
from wxcloudrun.users.models import User

COUNT = select(func.count()).select_from(User)


@pytest.fixture(autouse=True)
def on_file(make_app: MakeApp, tmp_path: Path) -> Iterator[Flask]:
    """The application over a database in a file."""
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path / 'registry.db'}")
    with app.app_context():
        yield app


def user(name: str = "ada") -> User:
    """Return a user who is not stored yet."""
    return User(email=f"{name}@example.com", username=name, created_at=clock.now())


def add() -> None:
    """Store one."""
    with transaction() as tx:
        insert_at_once(tx, user())


def test_each_of_several_single_questions_sees_what_is_committed_when_it_is_asked() -> None:
    add_it = on_this_database(add)
    with asking() as reader:
        before = reader.execute(COUNT).scalar_one()
        other = threading.Thread(target=add_it)
        other.start()
        other.join()
        after = reader.execute(COUNT).scalar_one()

    assert (before, after) == (0, 1)


def test_what_was_inserted_at_once_is_there_under_its_id_with_its_defaults() -> None:
    ada = user()
    with transaction() as tx:
        insert_at_once(tx, ada)

    with reading() as session:
        stored = session.execute(select(User)).scalar_one()
    assert (stored.id, stored.username, stored.is_active) == (ada.id, "ada", True)


def test_given_an_exception_then_what_was_inserted_at_once_is_gone() -> None:
    def insert_two() -> None:
        with transaction() as tx:
            insert_at_once(tx, user("grace"))
            insert_at_once(tx, user())

    add()
    with pytest.raises(IntegrityError):
        insert_two()

    with reading() as session:
        assert session.execute(COUNT).scalar_one() == 1
