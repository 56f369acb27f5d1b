"""Runs migrations on the application's own engine, on SQLite and on MySQL alike."""

from typing import Any

from alembic import context
from flask import current_app

from wxcloudrun.kit.columns import UtcDateTime
from wxcloudrun.kit.db import Base

UTC_DATETIME = "sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql')"


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
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
    engine = context.config.attributes.get("connection") or current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        apply(connection)


def apply(connection: Any) -> None:
    """Run on this connection. SQLite changes tables by copying them, which needs its keys off."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if is_sqlite:
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()


run()
