"""A database that another process holds, that can only be read, or whose connections are all in use."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.support.apps import environment
from tests.support.logged import Log
from tests.support.sqlite_files import other_writer, run_together, user, users
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit import logs, waiting
from wxcloudrun.kit.db import WRITING_FAILS, atomically, db, reading, transaction
from wxcloudrun.kit.pool import PatientPool

HOLD_SECONDS = 0.3


@pytest.fixture
def holder(on_file: Flask, database: Path) -> Iterator[sqlite3.Connection]:
    """The other process, which is writing."""
    assert on_file
    with other_writer(database) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "REQUEST_SECONDS", 0.5)


@pytest.mark.usefixtures("holder", "_impatient")
def test_a_wait_that_was_in_vain_is_not_begun_again(on_file: Flask) -> None:
    attempts: list[int] = []
    with on_file.test_request_context():
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            atomically(lambda _tx: attempts.append(1))
        first = time.monotonic() - began
        with pytest.raises(OperationalError, match="locked"):
            atomically(lambda _tx: attempts.append(2))
        both = time.monotonic() - began

    assert attempts == []
    assert first >= 0.5
    assert both - first < first, "the second had nothing left to wait with"


@pytest.mark.usefixtures("holder", "_impatient")
def test_those_who_wait_for_their_turn_wait_no_longer_than_the_one_who_has_it(on_file: Flask) -> None:
    """Four threads: the one whose turn it is waits for the database, and the others must not add up."""

    def write() -> None:
        with (
            on_file.test_request_context(),
            pytest.raises(OperationalError, match="locked"),
            transaction(),
        ):
            pytest.fail("it must not begin")

    began = time.monotonic()
    run_together(write, write, write, write)

    assert time.monotonic() - began < 4 * 0.5


@pytest.mark.usefixtures("holder")
def test_who_is_in_a_hurry_does_not_wait(on_file: Flask) -> None:
    began = time.monotonic()
    with (
        on_file.app_context(),
        pytest.raises(OperationalError, match="locked"),
        transaction(wait_seconds=0),
    ):
        pytest.fail("it must not begin")

    assert time.monotonic() - began < 2


def test_given_that_it_lets_go_in_time_then_the_work_is_done(on_file: Flask, database: Path) -> None:
    is_held = threading.Event()

    def hold_and_let_go() -> None:
        with other_writer(database) as other:
            other.execute("BEGIN IMMEDIATE")
            is_held.set()
            time.sleep(HOLD_SECONDS)
            other.execute("COMMIT")

    def write() -> None:
        is_held.wait(timeout=10)
        with on_file.test_request_context():
            atomically(lambda tx: tx.session.add(user()))

    run_together(hold_and_let_go, write)

    assert users() == 1


@pytest.mark.usefixtures("holder")
def test_a_reader_does_not_notice() -> None:
    assert users() == 0


def test_a_pool_is_waited_for_as_long_as_anything_else(on_file: Flask) -> None:
    with on_file.test_request_context(), held_connections():
        waiting.charge(waiting.REQUEST_SECONDS - 0.2)
        with pytest.raises(PoolTimeoutError), reading():
            pytest.fail("there was a connection left")


@contextmanager
def held_connections() -> Iterator[None]:
    """Take every connection that the pool has."""
    with ExitStack() as stack:
        pool = db.engine.pool
        assert isinstance(pool, PatientPool)
        while pool.checkedout() < 14:  # THREADS, JOB_THREADS and two
            stack.enter_context(db.engine.connect())
        yield


@pytest.fixture
def read_only(on_file: Flask, database: Path, tmp_path: Path) -> Iterator[Flask]:
    """The application over the same file, which it may only read."""
    assert on_file
    environ = {
        **environment(".env.unit"),
        "DATA_DIR": str(tmp_path / "read-only"),
        "DATABASE_URL": f"sqlite:///file:{database}?mode=ro&uri=true",
    }
    app = create_app(Settings.from_env(environ))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_given_a_database_that_can_only_be_read_then_it_is_and_writing_fails_at_once(
    read_only: Flask,
) -> None:
    with read_only.test_request_context():
        assert users() == 0
        with pytest.raises(OperationalError, match="readonly"):
            atomically(lambda tx: tx.session.add(user()))
        assert waiting.left() > waiting.REQUEST_SECONDS - 2


class TestComplaints:
    """What stays wrong is said once, and that it is over too."""

    @pytest.fixture
    def log(self, on_file: Flask) -> Log:
        """The log of the application."""
        assert on_file
        WRITING_FAILS.over()
        WRITING_FAILS._cause = ""  # noqa: SLF001  # another test's complaint must not stand in the way
        logs.configure("INFO")
        return Log()

    def fail(self, app: Flask) -> None:
        """Try to write, in vain."""
        with app.app_context(), pytest.raises(OperationalError):
            atomically(lambda tx: tx.session.add(user()))

    def test_given_many_failures_then_one_line_says_why(self, read_only: Flask, log: Log) -> None:
        for _ in range(10):
            self.fail(read_only)

        (entry,) = log.of("database_cannot_be_written")
        assert (entry["cause"], entry["level"]) == ("read_only", "WARNING")

    def test_given_that_it_works_again_then_one_line_says_so(
        self, read_only: Flask, on_file: Flask, log: Log
    ) -> None:
        self.fail(read_only)
        for _ in range(3):
            with on_file.app_context(), transaction():
                pass

        assert len(log.of("database_cannot_be_written_no_more")) == 1

    def test_given_somebody_in_a_hurry_then_that_is_no_complaint(
        self, on_file: Flask, database: Path, log: Log
    ) -> None:
        with other_writer(database) as other:
            other.execute("BEGIN IMMEDIATE")
            with on_file.app_context(), pytest.raises(OperationalError), transaction(wait_seconds=0):
                pytest.fail("it must not begin")

        logging.getLogger("anywhere").warning("end")
        assert [entry["event"] for entry in log.entries] == ["end"]
