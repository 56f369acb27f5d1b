"""The database session and the only transactions that there are.

The session never begins by itself: a query outside `transaction()`, `reading()` or `atomically()`
raises at once. That is what keeps a transaction from staying open while bytes flow.
"""

import logging
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, Executable, Insert, MetaData, insert
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session

from wxcloudrun.kit import mysql, pool, sqlite, waiting
from wxcloudrun.kit.disk import Disk
from wxcloudrun.kit.errors import DatabaseFull
from wxcloudrun.kit.logs import Complaint
from wxcloudrun.kit.pool import PatientPool, PoolFigures, figures_of
from wxcloudrun.kit.texts import text
from wxcloudrun.kit.trouble import Trouble, state_of, trouble_of

logger = logging.getLogger(__name__)

ASKING = "engine of single statements"
DISK = "disk of the database"
ATTEMPTS = 5
HIDDEN = {"hide_parameters": True}  # a failure is logged, and what was to be stored may be a secret
MYSQL_LOST_RACE = frozenset({1205, 1213})  # lock wait timed out; deadlock found

WRITING_FAILS = Complaint(logger, "database_cannot_be_written")


class Base(DeclarativeBase):
    """The root of every table; constraint names follow one convention so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"autobegin": False, "expire_on_commit": False})


@dataclass(slots=True)
class Transaction:
    """An open write transaction, and what shall happen once it has committed.

    `connection` is what `session` writes through, without its bookkeeping: a statement takes half the time
    there. It gives rows, never objects, and does not see what the session has not flushed.
    """

    session: Session
    connection: Connection
    _effects: list[Callable[[], None]] = field(default_factory=list)
    _done: set[Hashable] = field(default_factory=set)

    def is_first(self, what: Hashable) -> bool:
        """Tell whether this transaction hears of something for the first time, and remember it."""
        is_new = what not in self._done
        self._done.add(what)
        return is_new

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block writes, and nothing else, if it raises."""
        with self.session.begin_nested():
            self.session.connection()  # which writes it down, for what goes past the session too
            yield

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Run `effect` after the commit; a rolled-back transaction has no effects."""
        self._effects.append(effect)

    def run_effects(self) -> None:
        """Run what was put off, each by itself. Called by `transaction()` and `atomically()` only.

        What was written stays written, so an effect that fails is logged and changes nothing else: not the
        answer, and not the effects behind it.
        """
        for effect in self._effects:
            try:
                effect()
            except Exception:
                logger.exception(
                    "effect_failed", extra={"effect": getattr(effect, "__qualname__", repr(effect))}
                )


@contextmanager
def transaction(*, wait_seconds: float | None = None) -> Iterator[Transaction]:
    """Open a write transaction; commit at the end of the block, roll back on any exception.

    On SQLite it begins IMMEDIATE: the lock is waited for at the start, where waiting is safe,
    and never fails half-way with "database is locked". Nothing but SQL belongs inside. It waits as long
    as the work at hand may, or `wait_seconds` if that is less.
    """
    with committing(wait_seconds) as tx:
        yield tx
    tx.run_effects()


@contextmanager
def committing(wait_seconds: float | None = None) -> Iterator[Transaction]:
    """Do what `transaction()` does, except for the effects."""
    session = fresh_session()
    if session.in_transaction():
        session.begin()  # raises: nobody would let this thread have its turn a second time
    with (
        waiting.limited(wait_seconds),
        complaining(hurried=wait_seconds is not None),
        sqlite.turn_to_write(db.engine),
        session.begin(),
    ):
        yield Transaction(session, session.connection(execution_options={"sqlite_begin": "IMMEDIATE"}))


@contextmanager
def complaining(*, hurried: bool) -> Iterator[None]:
    """Say in the log when writing begins to fail and when it works again, not at every transaction.

    Those in a hurry say nothing: that they found the database locked means little.
    """
    try:
        yield
    except SQLAlchemyError as error:
        trouble = None if isinstance(error, IntegrityError) else trouble_with_database(error)
        if trouble is Trouble.FULL:
            sqlite.empty_log(db.engine)
        if trouble is not None and not hurried:
            WRITING_FAILS.say(error, trouble)
        raise
    if not hurried:
        WRITING_FAILS.over()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads; writers are not waited for."""
    session = fresh_session()
    with session.begin():
        with waiting.limited():
            session.connection()
        yield session


type Reader = Session | Connection
"""What a query may be asked through: a transaction's session, or the connection of `asking()`."""


@contextmanager
def asking() -> Iterator[Connection]:
    """Open a connection for single statements, each of which sees what is committed when it runs.

    It costs half of what `reading()` does, and gives rows, never objects that remember where they come from.
    """
    if db.session.registry.has() and db.session().in_transaction():
        db.session().begin()  # raises: a second connection for one thread could wait for the first
    engine: Engine = current_app.extensions[ASKING]
    with waiting.limited():
        connection = engine.connect()
    with connection:
        yield connection


def insert_at_once(tx: Transaction, row: Base) -> None:
    """Insert one new row and give it the id that the database made.

    It takes a third of the time of a flush. The session does not know the row, so a later change of the
    object changes nothing. Raises IntegrityError.
    """
    values = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    given = {name: value for name, value in values.items() if value is not None}  # a default may apply
    made = cast("CursorResult[Any]", tx.connection.execute(insertion(type(row)), given))
    if "id" not in given:
        row.id = made.lastrowid  # type: ignore[attr-defined]  # every table has one


def prepared[**P, S: Executable](write: Callable[P, S]) -> Callable[P, S]:
    """Let a statement be written once for all who run it, because writing takes longer than running it.

    What varies is a `bindparam` in it, or an argument of `write` if it changes the form.
    """
    return cast("Callable[P, S]", cache(write))


@prepared
def insertion(model: type[Base]) -> Insert:
    """Insert a row of a table."""
    return insert(model.__table__)  # type: ignore[arg-type]  # a declarative table


def fresh_session() -> Session:
    """Return the session of this request without what an earlier transaction has loaded.

    Rows from before would be handed out again unread, although others may have changed them since.
    """
    session = db.session()
    session.expunge_all()
    return session


def atomically[T](work: Callable[[Transaction], T]) -> T:
    """Run `work` in a transaction of its own, again if it lost a race, and return what it returns.

    Two uploads that insert the same name collide on a unique key, and MySQL resolves a deadlock by
    refusing one of the two. Both mean "look again": the second attempt finds the row and decides.
    `work` must therefore do nothing but SQL. A race lost every time is raised as it is. All attempts
    together wait no longer than one may: a lock that was waited for in vain is not waited for again. The
    effects of the attempt that has committed run when no other one can follow.
    """
    with waiting.limited():
        tx, result = committed(work)
    tx.run_effects()
    return result


def committed[T](work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    """Run `work` until an attempt commits, and return that one with its result."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return committed_once(work)
        except IntegrityError:
            continue
        except OperationalError as error:
            if not is_worth_another(error, attempt):
                raise
    return committed_once(work)


def committed_once[T](work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    """Run `work` in one transaction."""
    with committing() as tx:
        result = work(tx)
    return tx, result


def on_this_database[**P, T](work: Callable[P, T]) -> Callable[P, T]:
    """Return `work` such that another thread may call it, on the database of this application."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # Flask's own way to pass it on

    def bound(*args: P.args, **kwargs: P.kwargs) -> T:
        with app.app_context():
            return work(*args, **kwargs)

    return bound


def is_worth_another(error: OperationalError, attempt: int) -> bool:
    """Tell whether work that failed so may be tried again, this having been attempt number `attempt`.

    After the first one on a full disk SQLite may have found room in its log.
    """
    if lost_race(error):
        return waiting.left() >= mysql.LEAST_SECONDS
    return attempt == 0 and trouble_with_database(error) is Trouble.FULL


def lost_race(error: OperationalError) -> bool:
    """Tell a lock that was lost to another transaction from a database that is down or stays locked.

    SQLite has no such races: it says that it is locked when the whole wait was in vain.
    """
    return next(iter(getattr(error.orig, "args", ())), None) in MYSQL_LOST_RACE


def require_room() -> None:
    """Raise DatabaseFull if half of the reserve is gone: the rest is for what gives room back.

    Only a database in a file of this machine can run out of room that we see.
    """
    disk: Disk | None = current_app.extensions[DISK]
    if disk is not None and not has_room(disk):
        raise DatabaseFull(text("the disk of the database is full; delete what is not needed"))


def has_room(disk: Disk) -> bool:
    """Tell whether half of the reserve is there."""
    try:
        return disk.has_room_for(0, reserve_share=2)
    except OSError:
        return True  # the folder is gone, which is another trouble; whoever asks the database learns of it


def database_disk_state() -> Trouble | None:
    """Return what is wrong with the disk of the database, None if nothing is or if it is not one of ours.

    MySQL's disk is known by what it said the last time that something was written.
    """
    disk: Disk | None = current_app.extensions[DISK]
    if disk is None:
        return Trouble.FULL if WRITING_FAILS.stands(Trouble.FULL) else None
    return state_of(disk.directory) or (None if has_room(disk) else Trouble.FULL)


def was_rolled_back(error: BaseException | None) -> bool:
    """Tell whether the database itself has said no, so that nothing of the transaction is there.

    After other failures, such as a connection that is lost during a commit, nobody knows.
    """
    return isinstance(error, DBAPIError) and trouble_of(error.orig) is not Trouble.UNREACHABLE


def trouble_with_database(error: Exception) -> Trouble | None:
    """Return what an error says about the database, None if it is about what was asked of it."""
    if isinstance(error, DBAPIError):
        trouble = trouble_of(error.orig, sqlite.directory_of(db.engine))
        says_more = isinstance(error, OperationalError | InterfaceError) or trouble is not Trouble.UNREACHABLE
        return trouble if says_more else None
    return Trouble.UNREACHABLE if isinstance(error, PoolTimeoutError) else None


def configure(
    app: Flask, *, url: str, sqlite_synchronous: str, pool_size: int, reserve_bytes: int | None = None
) -> None:
    """Point the application at its database. `pool_size` is the number of threads that may query at once.

    `reserve_bytes` of the disk are kept for what must work when it is full, None for what is usual.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, pool_size)
    db.init_app(app)
    if "flask_migrate" in sys.modules:  # the `flask` command has loaded its plugins
        allow_migrations(app)
    with app.app_context():
        engine = db.engine
        directory = sqlite.directory_of(engine)
        disk = None if directory is None else Disk(directory, reserve_bytes)
        if engine.dialect.name == "sqlite":
            sqlite.prepare(engine, sqlite_synchronous, disk)
        else:
            mysql.prepare(engine)
    app.extensions[DISK] = disk
    app.extensions[ASKING] = engine.execution_options(sqlite_begin="NONE")  # the same pool, other options
    pool.measure(engine)  # after what prepares connections: one that it refuses is not in use


def allow_migrations(app: Flask) -> None:
    """Let `flask db` and `flask init` change the schema. A server does without: Alembic takes 11 MB."""
    from flask_migrate import Migrate  # noqa: PLC0415  # only commands migrate

    Migrate(app, db, directory=str(app.config["MIGRATIONS_DIR"]), render_as_batch=True, compare_type=True)


def engine_options(url: str, pool_size: int) -> dict[str, Any]:
    """Return what each database needs: MySQL deadlocks far less often under READ COMMITTED."""
    if url in {"sqlite://", "sqlite:///:memory:"}:
        return HIDDEN
    pooled = {**HIDDEN, "poolclass": PatientPool, "pool_size": pool_size, "max_overflow": 2}
    if url.startswith("sqlite"):
        return pooled
    return {
        **pooled,
        "isolation_level": "READ COMMITTED",
        "pool_recycle": 1800,
        "connect_args": mysql.CONNECT_ARGUMENTS,
    }


def pool_figures() -> PoolFigures:
    """Return how the pool of this process does."""
    return figures_of(db.engine.pool)
