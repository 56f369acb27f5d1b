"""Transactions: opened on purpose, never by accident; and SQLite as it is configured, on a real file."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError

from tests.support.apps import MakeApp
from tests.support.raised import TransactionStopped
from tests.support.sqlite_files import other_writer, run_together, user, users
from wxcloudrun.kit.db import (
    ATTEMPTS,
    Transaction,
    asking,
    atomically,
    db,
    engine_options,
    lost_race,
    reading,
    transaction,
)
from wxcloudrun.users.models import User

HOLD_SECONDS = 0.3


@pytest.fixture
def _in_memory(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.mark.usefixtures("_in_memory")
class TestTransactions:
    def test_a_query_outside_of_one_raises(self) -> None:
        with pytest.raises(InvalidRequestError):
            db.session.execute(select(User))

    def test_a_query_after_one_raises_too(self) -> None:
        with reading() as session:
            session.execute(select(User))

        with pytest.raises(InvalidRequestError):
            session.execute(select(User))

    def test_what_was_added_is_there_after_it(self) -> None:
        with transaction() as tx:
            tx.session.add(user())

        assert users() == 1

    def test_given_an_exception_then_nothing_of_it_is_there(self) -> None:
        def store_and_stop() -> None:
            with transaction() as tx:
                tx.session.add(user())
                tx.session.flush()
                raise TransactionStopped

        with pytest.raises(TransactionStopped):
            store_and_stop()

        assert users() == 0

    def test_given_an_exception_then_the_next_one_works(self) -> None:
        with pytest.raises(TransactionStopped), transaction():
            raise TransactionStopped

        with transaction() as tx:
            tx.session.add(user())
        assert users() == 1

    @pytest.mark.parametrize("inner", [transaction, reading, asking])
    @pytest.mark.parametrize("outer", [transaction, reading])
    def test_one_inside_another_raises(self, outer: type, inner: type) -> None:
        with outer(), pytest.raises(InvalidRequestError), inner():
            pytest.fail("it must not begin")

    def test_a_row_is_read_again_and_not_remembered(self, app: Flask) -> None:
        with transaction() as tx:
            tx.session.add(user())
        with reading() as session:
            mine = session.execute(select(User)).scalar_one()

        with app.app_context(), transaction() as tx:
            tx.session.execute(select(User)).scalar_one().username = "bob"

        with reading() as session:
            assert session.execute(select(User)).scalar_one().username == "bob"
        assert mine.username == "ada@example.com", "what was handed out before does not change by itself"


@pytest.mark.usefixtures("_in_memory")
class TestRaces:
    def test_given_a_unique_key_that_somebody_else_took_then_the_work_looks_again(self) -> None:
        with transaction() as tx:
            tx.session.add(user())
        looks: list[bool] = []

        def work(tx: Transaction) -> int:
            found = tx.session.execute(select(User)).scalar_one_or_none() if looks else None
            looks.append(found is not None)
            if found is None:
                tx.session.add(user())
                tx.session.flush()
            return 0 if found is None else found.id

        assert atomically(work) > 0
        assert looks == [False, True]

    def test_given_a_race_that_is_lost_every_time_then_that_is_raised(self) -> None:
        attempts: list[int] = []

        def work(tx: Transaction) -> None:
            attempts.append(1)
            tx.session.add_all([user(), user()])

        with pytest.raises(IntegrityError):
            atomically(work)

        assert len(attempts) == ATTEMPTS
        assert users() == 0

    def test_given_another_failure_then_it_is_raised_at_once(self) -> None:
        attempts: list[int] = []

        def work(tx: Transaction) -> None:
            del tx
            attempts.append(1)
            raise TransactionStopped

        with pytest.raises(TransactionStopped):
            atomically(work)

        assert len(attempts) == 1

    @pytest.mark.parametrize(
        ("cause", "is_lost_race"),
        [
            (pymysql.err.OperationalError(1213, "Deadlock found"), True),
            (pymysql.err.OperationalError(1205, "Lock wait timeout exceeded"), True),
            (sqlite3.OperationalError("database is locked"), False),  # after the whole wait
            (pymysql.err.OperationalError(2003, "Can't connect"), False),
            (pymysql.err.OperationalError(2013, "Lost connection during query"), False),
            (sqlite3.OperationalError("no such table: users"), False),
            (sqlite3.OperationalError(), False),
        ],
    )
    def test_a_lost_race_is_told_from_a_database_that_is_down(
        self, cause: Exception, *, is_lost_race: bool
    ) -> None:
        assert lost_race(OperationalError("SELECT 1", {}, cause)) is is_lost_race


class TestSqlite:
    @pytest.mark.parametrize(
        ("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 1)]
    )
    @pytest.mark.usefixtures("on_file")
    def test_a_file_is_opened_as_it_should(self, pragma: str, value: object) -> None:
        with reading() as session:
            assert session.connection().exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value

    @pytest.mark.usefixtures("on_file")
    def test_a_lock_is_waited_for(self) -> None:
        with reading() as session:
            assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar_one() >= 10_000

    @pytest.mark.parametrize(("setting", "value"), [("NORMAL", 1), ("FULL", 2)])
    def test_how_durable_a_commit_is_can_be_chosen(
        self, make_app: MakeApp, database: Path, setting: str, value: int
    ) -> None:
        app = make_app(DATABASE_URL=f"sqlite:///{database}", SQLITE_SYNCHRONOUS=setting)

        with app.app_context(), reading() as session:
            assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar_one() == value

    def test_every_connection_is_opened_like_that(self, on_file: Flask) -> None:
        found: list[object] = []
        together = threading.Barrier(3)

        def look() -> None:
            with on_file.app_context(), reading() as session:
                found.append(session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar_one())
                together.wait(timeout=10)

        run_together(look, look, look)

        assert found == [1, 1, 1]

    @pytest.mark.usefixtures("on_file")
    def test_a_write_transaction_has_the_lock_before_its_first_statement(self, database: Path) -> None:
        refused = pytest.raises(sqlite3.OperationalError, match="locked")
        with transaction(), other_writer(database) as other, refused:
            other.execute("BEGIN IMMEDIATE")

        with other_writer(database) as other:
            other.execute("BEGIN IMMEDIATE")

    @pytest.mark.usefixtures("on_file")
    def test_a_reader_holds_no_writer_up(self, database: Path) -> None:
        with reading() as session, other_writer(database) as other:
            assert session.execute(select(func.count()).select_from(User)).scalar_one() == 0
            other.execute("BEGIN IMMEDIATE")

    def test_a_second_writer_waits_instead_of_failing(self, on_file: Flask) -> None:
        order: list[str] = []
        first_is_in = threading.Event()

        def first() -> None:
            with on_file.app_context(), transaction() as tx:
                first_is_in.set()
                tx.session.add(user("first@example.com"))
                time.sleep(HOLD_SECONDS)
                order.append("first")

        def second() -> None:
            first_is_in.wait(timeout=10)
            with on_file.app_context(), transaction() as tx:
                order.append("second")
                assert tx.session.execute(select(func.count()).select_from(User)).scalar_one() == 1
                tx.session.add(user("second@example.com"))

        run_together(first, second)

        assert order == ["first", "second"]
        assert users() == 2

    def test_many_writers_that_read_first_all_succeed(self, on_file: Flask) -> None:
        """A DEFERRED transaction that reads and then writes would die of another writer's commit."""

        def write(number: int) -> None:
            with on_file.app_context():
                for each in range(5):
                    with transaction() as tx:
                        tx.session.execute(select(func.count()).select_from(User)).scalar_one()
                        tx.session.add(user(f"{number}-{each}@example.com"))

        run_together(*(lambda number=number: write(number) for number in range(4)))

        assert users() == 20


class TestEngine:
    def test_mysql_reads_what_is_committed_and_gives_up_in_time(self) -> None:
        options = engine_options("mysql+pymysql://u:p@h/db", 8)

        assert options["isolation_level"] == "READ COMMITTED"
        assert options["pool_size"] == 8
        assert options["connect_args"]["charset"] == "utf8mb4"
        for wait in ("connect_timeout", "read_timeout", "write_timeout"):
            assert 0 < options["connect_args"][wait] < 5, "a dead server costs a request five seconds at most"

    @pytest.mark.parametrize("url", ["mysql+pymysql://u:p@h/db", "sqlite:///x.db", "sqlite:///:memory:"])
    def test_what_a_statement_carried_is_not_told_in_its_failure(self, url: str) -> None:
        """A failure is logged with its trace; what was to be stored may be a secret."""
        assert engine_options(url, 1)["hide_parameters"] is True

    @pytest.mark.usefixtures("on_file")
    def test_no_statement_is_sent_between_two_transactions(self) -> None:
        statements: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

        with reading() as session:
            session.execute(select(User)).all()

        assert [each.split()[0] for each in statements if not each.startswith("PRAGMA")] == ["SELECT"]
