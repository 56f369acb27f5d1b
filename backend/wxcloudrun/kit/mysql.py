"""MySQL that is slow, locked or away: how long its driver waits for what.

A database that does not answer must cost a request five seconds at most: the look at a connection that lay
in the pool, then a new one, or else a single statement. A lock is given up before that. What a request has
waited already is taken off (`waiting`), but a statement always gets a second.
"""

from typing import Any

from pymysql.err import MySQLError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError

from wxcloudrun.kit import waiting

CONNECT_SECONDS = 2
PING_SECONDS = 1
STATEMENT_SECONDS = 4.5
LOCK_SECONDS = int(waiting.REQUEST_SECONDS)
LEAST_SECONDS = 1  # for no lock does MySQL wait for less
LOCK_TOLD = "lock wait timeout"

CONNECT_ARGUMENTS = {
    "connect_timeout": CONNECT_SECONDS,
    "read_timeout": CONNECT_SECONDS,
    "write_timeout": CONNECT_SECONDS,
    "charset": "utf8mb4",
    "init_command": f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}",
}


def prepare(engine: Engine) -> None:
    """Give each wait for the server its own limit: to greet, to say that it lives, to run a statement.

    The driver has one limit for all three, as an attribute that it looks at before each read.
    """

    @event.listens_for(engine, "connect")
    def on_connect(_connection: Any, record: Any) -> None:
        record.info["is_fresh"] = True

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        is_fresh = record.info.pop("is_fresh", False)
        try:
            if not is_fresh:
                connection._read_timeout = PING_SECONDS  # noqa: SLF001  # the driver has no public name for it
                connection.ping(reconnect=False)
            limit_locks(connection, record.info)
        except (MySQLError, OSError) as error:
            raise InvalidatePoolError from error  # every other one has died with it; a new one is opened
        connection._read_timeout = STATEMENT_SECONDS  # noqa: SLF001  # the driver has no public name for it

    @event.listens_for(engine, "before_cursor_execute")
    def on_statement(connection: Connection, *_: Any) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver._read_timeout = statement_seconds(waiting.left())  # noqa: SLF001  # the driver has no public name for it


def statement_seconds(left: float) -> float:
    """Return how long a statement may take while so much waiting is left: longer than for a lock."""
    return min(STATEMENT_SECONDS, max(left, lock_seconds(left)) + 0.5)


def lock_seconds(left: float) -> int:
    """Return for how many seconds MySQL shall wait for a lock while so much waiting is left."""
    return min(LOCK_SECONDS, max(int(left), LEAST_SECONDS))


def limit_locks(connection: Any, info: dict[Any, Any]) -> None:
    """Tell the server how long to wait for a lock, if that is not what it was told the last time."""
    wanted = lock_seconds(waiting.left())
    if info.get(LOCK_TOLD, LOCK_SECONDS) != wanted:
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {wanted}")
        info[LOCK_TOLD] = wanted
