"""What is done behind a commit: after it, once, and without any power over what was written."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.support.raised import TransactionStopped
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading, transaction
from wxcloudrun.users.models import User

type Open = Callable[[Callable[[Transaction], str]], str]


def user() -> User:
    return User(email="ada@example.com", username="ada", created_at=clock.now())


def users() -> int:
    """Count the users."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(User)).scalar_one()


def in_transaction[T](work: Callable[[Transaction], T]) -> T:
    """Do one piece of work in a transaction that is not repeated."""
    with transaction() as tx:
        return work(tx)


@pytest.fixture(autouse=True)
def _in_memory(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_given_effects_then_they_wait_for_the_commit() -> None:
    seen: list[int] = []
    with transaction() as tx:
        tx.session.add(user())
        tx.after_commit(lambda: seen.append(users()))
        assert seen == []

    assert seen == [1]


def test_given_a_rollback_then_none_happens() -> None:
    happened: list[str] = []

    def promise_and_stop() -> None:
        with transaction() as tx:
            tx.after_commit(lambda: happened.append("effect"))
            raise TransactionStopped

    with pytest.raises(TransactionStopped):
        promise_and_stop()

    assert happened == []


def test_given_a_commit_that_fails_then_none_happens() -> None:
    happened: list[str] = []
    with transaction() as tx:
        tx.session.add(user())

    def promise_and_collide() -> None:
        with transaction() as tx:
            tx.after_commit(lambda: happened.append("effect"))
            tx.session.add(user())

    with pytest.raises(IntegrityError):
        promise_and_collide()

    assert happened == []


def test_those_of_a_lost_attempt_do_not_happen() -> None:
    happened: list[int] = []
    attempts: list[int] = []

    def work(tx: Transaction) -> None:
        attempts.append(len(attempts))
        tx.after_commit(partial(happened.append, attempts[-1]))
        if len(attempts) == 1:
            tx.session.add_all([user(), user()])
            tx.session.flush()

    atomically(work)

    assert happened == [1]


@pytest.mark.parametrize("failure", [TransactionStopped(), IntegrityError("INSERT", {}, Exception())])
@pytest.mark.parametrize("open_it", [in_transaction, atomically])
def test_given_one_that_fails_then_the_write_stands_is_not_repeated_and_the_others_happen(
    caplog: pytest.LogCaptureFixture, open_it: Open, failure: Exception
) -> None:
    happened: list[str] = []

    def fail() -> None:
        raise failure

    def work(tx: Transaction) -> str:
        happened.append("work")
        tx.session.add(user())
        tx.after_commit(lambda: happened.append("first"))
        tx.after_commit(fail)
        tx.after_commit(lambda: happened.append("last"))
        return "result"

    assert open_it(work) == "result"

    assert happened == ["work", "first", "last"]
    assert users() == 1
    assert [record.message for record in caplog.records] == ["effect_failed"]
