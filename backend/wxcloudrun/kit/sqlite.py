"""SQLite under several writers: how connections are set up, and how a writer waits for its turn.

SQLite has one writer at a time. Its own way of waiting is to sleep, at last for a tenth of a second, and to
look again, so with eight uploads at once the lock lies idle while everybody sleeps. Here the threads of a
process take turns at a lock that wakes them, and only the one whose turn it is looks at the database.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from wxcloudrun.kit import clock

BUSY_SECONDS = 15
LOOK_SECONDS = 0.001

_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()


def prepare(engine: Engine, synchronous: str) -> None:
    """Make SQLite keep foreign keys, read beside one writer, and begin when we say so."""
    _turns[engine] = threading.Lock()

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own implicit BEGIN would come too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if mode == "IMMEDIATE":
            begin_to_write(connection)
        elif mode == "DEFERRED":
            driver_of(connection).execute("BEGIN DEFERRED")


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait until no other thread of this process writes; other databases than SQLite need no turns.

    Who waits for too long goes on all the same, and is told by the database that it is locked.
    """
    turn = _turns.get(engine)
    if turn is None:
        yield
        return
    has_turn = turn.acquire(timeout=BUSY_SECONDS)
    try:
        yield
    finally:
        if has_turn:
            turn.release()


def begin_to_write(connection: Connection) -> None:
    """Take the lock of the database as soon as the process that has it lets go."""
    driver = driver_of(connection)
    deadline = clock.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while clock.monotonic() < deadline:
            if began_to_write(driver):
                return
            time.sleep(LOOK_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # waits once more, and fails in SQLAlchemy's words


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection, for what has neither parameters nor rows."""
    return connection.connection.dbapi_connection


def began_to_write(driver: Any) -> bool:
    """Try to begin; False if another process is writing."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the primary code
            raise
        return False
    return True
