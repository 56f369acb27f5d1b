"""The tables of an empty SQLite database, which are made once and copied from then on."""

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cache

from flask import Flask
from sqlalchemy import Engine, StaticPool, create_engine

from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.kit.db import Base, db
from wxcloudrun.web.endpoint import service


@cache
def empty_database() -> Engine:
    """Return a database in memory that has every table and no row."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    return engine


def make_tables(app: Flask) -> None:
    """Let the database of an application have every table and no row, unless it has tables already."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            Base.metadata.create_all(db.engine)
            return
        with sqlite_of(db.engine) as driver, sqlite_of(empty_database()) as empty:
            if not driver.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                empty.backup(driver)


def begin_log(app: Flask) -> None:
    """Let the audit log of an application have its beginning, as `flask init` does."""
    with app.app_context():
        service(AuditService).begin()


@contextlib.contextmanager
def sqlite_of(engine: Engine) -> Iterator[sqlite3.Connection]:
    """Lend a connection of the driver; where the database is in memory it is the only one."""
    with contextlib.closing(engine.raw_connection()) as pooled:
        driver = pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        yield driver
