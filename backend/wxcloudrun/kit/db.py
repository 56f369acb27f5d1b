"""The database session and the only transactions that there are.

The session never begins by itself: a query outside `transaction()`, `reading()` or `atomically()`
raises at once. That is what keeps a transaction from staying open while bytes flow.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from pymysql.err import MySQLError
from sqlalchemy import Connection, CursorResult, Engine, Insert, MetaData, event, insert
from sqlalchemy.exc import IntegrityError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

from wxcloudrun.kit import metrics, sqlite

ASKING = "engine of single statements"
ATTEMPTS = 5
HIDDEN = {"hide_parameters": True}  # a failure is logged, and what was to be stored may be a secret
MYSQL_LOST_RACE = frozenset({1205, 1213})  # lock wait timed out; deadlock found

# A database that does not answer must cost a request five seconds at most: the look at a connection that
# lay in the pool, then a new one, or else a single statement. A lock is given up before that.
CONNECT_SECONDS = 2
PING_SECONDS = 1
STATEMENT_SECONDS = 4.5
LOCK_SECONDS = 4


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
    """An open write transaction, and what shall happen once it has committed."""

    session: Session
    _effects: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, effect: Callable[[], None], *, once: bool = False) -> None:
        """Run `effect` after the commit; a rolled-back transaction has no effects.

        With `once`, an effect equal to one that is there already is not added.
        """
        if not (once and effect in self._effects):
            self._effects.append(effect)

    def run_effects(self) -> None:
        """Run what was put off. Called by `transaction()` only."""
        for effect in self._effects:
            effect()


@contextmanager
def transaction() -> Iterator[Transaction]:
    """Open a write transaction; commit at the end of the block, roll back on any exception.

    On SQLite it begins IMMEDIATE: the lock is waited for at the start, where waiting is safe,
    and never fails half-way with "database is locked". Nothing but SQL belongs inside.
    """
    session = fresh_session()
    tx = session.info[OPEN] = Transaction(session)
    if session.in_transaction():
        session.begin()  # raises: nobody would let this thread have its turn a second time
    with sqlite.turn_to_write(db.engine), session.begin():
        session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield tx
    tx.run_effects()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads; writers are not waited for."""
    session = fresh_session()
    with session.begin():
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
    with engine.connect() as connection:
        yield connection


type Watcher = Callable[[Transaction, Any], None]


def insert_at_once(tx: Transaction, row: Base) -> None:
    """Insert one new row and give it the id that the database made.

    It takes a third of the time of a flush. The session does not know the row, so nobody who watches its
    table is told, and a later change of the object changes nothing. Raises IntegrityError.
    """
    values = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    given = {name: value for name, value in values.items() if value is not None}  # a default may apply
    made = cast("CursorResult[Any]", tx.session.execute(insertion(type(row)), given))
    if "id" not in given:
        row.id = made.lastrowid  # type: ignore[attr-defined]  # every table has one


@cache
def insertion(model: type[Base]) -> Insert:
    """Write the statement that inserts a row of a table; written once, because that takes long."""
    return insert(model.__table__)  # type: ignore[arg-type]  # a declarative table


OPEN = "open transaction"
watchers: dict[type[Base], list[Watcher]] = defaultdict(list)


def watch(model: type[Base], watcher: Watcher) -> None:
    """Call `watcher` for each row of a table that the session inserts, changes or deletes.

    It is called inside the transaction. What the database does by itself (cascades) and what a statement
    does to many rows at once, it does not see.
    """
    watchers[model].append(watcher)


@event.listens_for(db.session, "after_flush")
def tell_watchers(session: Session, _flush: Any) -> None:
    """Show the rows of a flush to those who watch their tables."""
    for row in (*session.new, *session.dirty, *session.deleted):
        for watcher in watchers.get(type(row), ()):
            watcher(session.info[OPEN], row)


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
    `work` must therefore do nothing but SQL. A race lost every time is raised as it is.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction() as tx:
                return work(tx)
        except IntegrityError:
            continue
        except OperationalError as error:
            if not lost_race(error):
                raise
    with transaction() as tx:
        return work(tx)


def on_this_database[**P, T](work: Callable[P, T]) -> Callable[P, T]:
    """Return `work` such that another thread may call it, on the database of this application."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # Flask's own way to pass it on

    def bound(*args: P.args, **kwargs: P.kwargs) -> T:
        with app.app_context():
            return work(*args, **kwargs)

    return bound


def lost_race(error: OperationalError) -> bool:
    """Tell a lock that was lost to another transaction from a database that is down."""
    arguments = getattr(error.orig, "args", ())
    code = arguments[0] if arguments else None
    return code in MYSQL_LOST_RACE or "database is locked" in str(error.orig)


def configure(app: Flask, *, url: str, sqlite_synchronous: str, pool_size: int) -> None:
    """Point the application at its database. `pool_size` is the number of threads that may query at once."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, pool_size)
    db.init_app(app)
    if "flask_migrate" in sys.modules:  # the `flask` command has loaded its plugins
        allow_migrations(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite.prepare(db.engine, sqlite_synchronous)
        else:
            prepare_mysql(db.engine)
        engine = db.engine
    app.extensions[ASKING] = engine.execution_options(sqlite_begin="NONE")  # the same pool, other options
    measure_pool(engine)  # after what prepares connections: one that it refuses is not in use


def allow_migrations(app: Flask) -> None:
    """Let `flask db` and `flask init` change the schema. A server does without: Alembic takes 11 MB."""
    from flask_migrate import Migrate  # noqa: PLC0415  # only commands migrate

    Migrate(app, db, directory=str(app.config["MIGRATIONS_DIR"]), render_as_batch=True, compare_type=True)


def engine_options(url: str, pool_size: int) -> dict[str, Any]:
    """Return what each database needs: MySQL deadlocks far less often under READ COMMITTED."""
    if url.startswith("sqlite"):
        in_memory = url in {"sqlite://", "sqlite:///:memory:"}
        return HIDDEN if in_memory else {**HIDDEN, "pool_size": pool_size, "max_overflow": 2}
    return {
        **HIDDEN,
        "isolation_level": "READ COMMITTED",
        "pool_size": pool_size,
        "max_overflow": 2,
        "pool_recycle": 1800,
        "pool_timeout": 4,
        "connect_args": {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": CONNECT_SECONDS,
            "write_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
            "init_command": f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}",
        },
    }


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """The connections of this process that are open, and how many of them a transaction is using."""

    total: int
    in_use: int


def pool_figures() -> PoolFigures:
    """Return how the pool of this process does; a database in memory has one connection and no pool."""
    pool = db.engine.pool
    if not isinstance(pool, QueuePool):
        return PoolFigures(total=1, in_use=0)
    in_use = pool.checkedout()
    return PoolFigures(total=in_use + pool.checkedin(), in_use=in_use)


def measure_pool(engine: Engine) -> None:
    """Count for the metrics which connections are open, and which of them are in use."""
    event.listen(engine, "connect", lambda *_: metrics.CONNECTIONS.inc())
    event.listen(engine, "close", lambda *_: metrics.CONNECTIONS.dec())

    @event.listens_for(engine, "checkout")
    def on_checkout(_connection: Any, record: Any, _proxy: Any) -> None:
        record.record_info["is_counted"] = True
        metrics.CONNECTIONS_IN_USE.inc()

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        if record.record_info.pop("is_counted", False):
            metrics.CONNECTIONS_IN_USE.dec()


def prepare_mysql(engine: Engine) -> None:
    """Give each wait for the server its own limit: to greet, to say that it lives, to run a statement.

    The driver has one limit for all three, as an attribute that it looks at before each read.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        connection._read_timeout = STATEMENT_SECONDS  # noqa: SLF001  # the driver has no public name for it
        record.info["is_fresh"] = True

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.pop("is_fresh", False):
            return
        connection._read_timeout = PING_SECONDS  # noqa: SLF001  # the driver has no public name for it
        try:
            connection.ping(reconnect=False)
        except (MySQLError, OSError) as error:
            raise InvalidatePoolError from error  # every other one has died with it; a new one is opened
        connection._read_timeout = STATEMENT_SECONDS  # noqa: SLF001  # the driver has no public name for it
