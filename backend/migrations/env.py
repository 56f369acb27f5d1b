"""Runs migrations on the application's own engine, on SQLite and on MySQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, NullPool, Table, create_engine, event

from wxcloudrun.kit.columns import UtcDateTime
from wxcloudrun.kit.db import Base, db

UTC_DATETIME = "sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql')"


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database: a migration outlives our code."""
    if kind != "type":
        return False
    autogen_context.imports.add("from sqlalchemy.dialects import mysql")
    return UTC_DATETIME if isinstance(item, UtcDateTime) else False


def run() -> None:
    """Apply what is asked for in one transaction where the database has transactions for its schema.

    The connection is always a fresh one: in a transaction that is open already, MySQL would forget
    which revision it has reached.
    """
    engine = context.config.attributes.get("connection") or db.engine
    if engine.dialect.name == "mysql":
        # The service gives a statement seconds; changing a large table may take hours.
        engine = create_engine(engine.engine.url, poolclass=NullPool)
    with engine.connect() as connection:
        apply(connection)


def apply(connection: Connection) -> None:
    """Run on this connection. SQLite changes tables by copying them, which needs its keys off."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
    )
    with foreign_keys_off(connection), context.begin_transaction(), ids_never_given_again(connection):
        context.run_migrations()


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Keep SQLite from deleting what points at a table when the old copy of that table is dropped.

    The driver is asked itself: SQLAlchemy would begin a transaction first, and inside of one SQLite
    ignores this pragma without a word.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        connection.commit()
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            message = f"after the migration rows point at nothing: {broken[:5]}"
            raise RuntimeError(message)
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


COPY = "_alembic_tmp_"
COUNTERS = "SELECT name, seq FROM sqlite_sequence"


@contextmanager
def ids_never_given_again(connection: Connection) -> Iterator[None]:
    """Let copies of SQLite's tables keep what reflection does not see: AUTOINCREMENT, and how far it was.

    The copy's counter would begin at the highest id that is there, and not at the highest that ever was.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection
    counts: dict[str, int] = {}

    def keep(table: Table, _connection: Connection, **_: object) -> None:
        name = table.name.removeprefix(COPY)
        statement = "SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'"
        if name != table.name and driver.execute(statement, (name,)).fetchone():
            table.dialect_options["sqlite"]["autoincrement"] = True
            counts.update(dict(driver.execute(f"{COUNTERS} WHERE name = ?", (name,)).fetchall()))

    event.listen(Table, "before_create", keep)
    try:
        yield
        reached = dict(driver.execute(COUNTERS).fetchall()) if counts else {}
        for name, count in counts.items():
            if reached.get(name, 0) < count:
                driver.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
                driver.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, count))
    finally:
        event.remove(Table, "before_create", keep)


run()
