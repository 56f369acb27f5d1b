"""SQLite under several writers: how connections are set up, and how a writer waits for its turn.

SQLite has one writer at a time. Its own way of waiting is to sleep, at last for a tenth of a second, and to
look again, so with eight uploads at once the lock lies idle while everybody sleeps. Here the threads of a
process take turns at a lock that wakes them, and only the one whose turn it is looks at the database, if no
other process is next (`turns`).
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from wxcloudrun.kit import waiting
from wxcloudrun.kit.disk import Disk
from wxcloudrun.kit.turns import LOOK_SECONDS, Door, Queue

BEGIN = "BEGIN IMMEDIATE"
BUSY_SECONDS = "busy timeout"
PAGE_BYTES = 4096  # what SQLite takes unless told otherwise
MOST_LOG_PAGES, LEAST_LOG_PAGES = 1000, 32  # SQLite's own number, and less than which it is always at it
DOOR_ENDING = "-turn"  # beside SQLite's own -wal and -shm
IN_MEMORY = frozenset({None, "", ":memory:"})

_turns: WeakKeyDictionary[Engine, Queue] = WeakKeyDictionary()


def prepare(engine: Engine, synchronous: str, disk: Disk | None) -> None:
    """Make SQLite keep foreign keys, read beside one writer, and begin when we say so.

    `disk` is what the database lies on: its write-ahead log stays small enough for the reserve.
    """
    _turns[engine] = Queue()
    door = Door(door_of(engine))
    log_pages = MOST_LOG_PAGES if disk is None else pages_of_log(disk)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver's own implicit BEGIN would come too late
        wait_at_most(connection, record.info, waiting.left())
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA wal_autocheckpoint={log_pages}")
        cursor.execute(f"PRAGMA journal_size_limit={2 * log_pages * PAGE_BYTES}")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if mode == "IMMEDIATE":
            begin_to_write(connection, door)
            return
        wait_at_most(driver_of(connection), connection.info, waiting.left())
        if mode == "DEFERRED":
            driver_of(connection).execute("BEGIN DEFERRED")


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait until no other thread of this process writes; other databases than SQLite need no turns.

    Raises OperationalError, as a locked database does, if the turn does not come in time.
    """
    turn = _turns.get(engine)
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=waiting.left()):
        raise locked()
    try:
        yield
    finally:
        turn.release()


def begin_to_write(connection: Connection, door: Door) -> None:
    """Take the lock of the database as soon as the process that has it lets go.

    Of several processes that wait one is next; whoever has just let go is not. Raises OperationalError if it
    does not in time, and if the database cannot be written to.
    """
    driver = driver_of(connection)
    wait_at_most(driver, connection.info, 0)
    try:
        with door.stand(waiting.left):
            while not began_to_write(driver):
                if waiting.left() <= 0:
                    raise locked()
                time.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise locked() from None
    except sqlite3.OperationalError as error:
        raise OperationalError(BEGIN, {}, error) from error  # in the words of all other failures


def began_to_write(driver: Any) -> bool:
    """Try to begin; False if another process is writing."""
    try:
        driver.execute(BEGIN)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the low byte is the primary code
            raise
        return False
    return True


def wait_at_most(driver: Any, info: dict[Any, Any], seconds: float) -> None:
    """Let SQLite itself wait so long, in whole seconds: readers do while the database is being recovered.

    `info` belongs to the connection and remembers what it was told the last time.
    """
    whole = math.ceil(seconds)
    if info.get(BUSY_SECONDS) != whole:
        driver.execute(f"PRAGMA busy_timeout={whole * 1000}")
        info[BUSY_SECONDS] = whole


def pages_of_log(disk: Disk) -> int:
    """Return how many pages the log may have before it is copied: they fit into a quarter of the reserve."""
    try:
        pages = disk.kept_bytes() // 4 // PAGE_BYTES
    except OSError:  # the folder is not there; to open the database will fail, in words of its own
        return MOST_LOG_PAGES
    return max(LEAST_LOG_PAGES, min(pages, MOST_LOG_PAGES))


def empty_log(engine: Engine) -> None:
    """Copy the log into the database, so that the room of the log can be used again. Raises nothing.

    SQLite does so by itself behind a commit. On a full disk no commit comes, although the log has room that
    is not needed any more.
    """
    if engine not in _turns:
        return  # another kind of database
    try:
        with engine.execution_options(sqlite_begin="NONE").connect() as connection:
            driver_of(connection).execute("PRAGMA wal_checkpoint(PASSIVE)")
    except (SQLAlchemyError, sqlite3.Error):
        return


def locked() -> OperationalError:
    """Return what a database raises that somebody else is writing to."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
    return OperationalError(BEGIN, {}, error)


def door_of(engine: Engine) -> Path | None:
    """Return the file at which processes that write to a database meet; None for one in memory."""
    directory = directory_of(engine)
    if directory is None:
        return None
    return directory / f"{Path(str(engine.url.database).partition('?')[0]).name}{DOOR_ENDING}"


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection, for what has neither parameters nor rows."""
    return connection.connection.dbapi_connection


def directory_of(engine: Engine) -> Path | None:
    """Return the directory in which the database lies, None for one in memory or on another machine."""
    if engine.dialect.name != "sqlite" or engine.url.database in IN_MEMORY:
        return None
    place = str(engine.url.database).removeprefix("file:")  # a URI may stand in the place of a path
    return Path(place).resolve().parent
