"""The database of a new service in SQLite, made once for each set of secrets and copied from then on."""

import contextlib
import sqlite3
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import Engine

from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.kit.db import Base, db
from wxcloudrun.web.endpoint import service

BEGUN: dict[frozenset[tuple[str, str]], sqlite3.Connection] = {}  # the beginning of a log is sealed by them


def make_tables(app: Flask) -> None:
    """Let the database of an application be as `flask init` leaves it, unless it has tables already."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            begin(app, db.engine)
            return
        secrets = frozenset(app.extensions["settings"].secrets.items())
        with sqlite_of(db.engine) as driver:
            has_tables = bool(driver.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
            if not has_tables and secrets in BEGUN:
                BEGUN[secrets].backup(driver)
                return
        begin(app, db.engine)
        if not has_tables:
            with sqlite_of(db.engine) as driver:
                BEGUN[secrets] = sqlite3.connect(":memory:", check_same_thread=False)
                driver.backup(BEGUN[secrets])


def begin(app: Flask, engine: Engine) -> None:
    """Make the tables that are not there, and let the audit log have its beginning."""
    Base.metadata.create_all(engine)
    begin_log(app)


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
