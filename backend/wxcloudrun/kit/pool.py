"""The pool of connections to the database, and what is known about it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool, QueuePool

from wxcloudrun.kit import waiting
from wxcloudrun.kit.metrics import gauge

CONNECTIONS = gauge(
    "registry_database_connections", "Connections to the database that are open, in all workers."
)
CONNECTIONS_IN_USE = gauge(
    "registry_database_connections_in_use", "Those of them that a transaction is using."
)


class PatientPool(QueuePool):
    """A pool at which each caller waits for as long as its work may still wait for anything."""

    @property
    def _timeout(self) -> float:  # what SQLAlchemy looks at when every connection is in use
        return waiting.left()

    @_timeout.setter
    def _timeout(self, _seconds: float) -> None:
        """Take the one limit that an ordinary pool has, and forget it."""


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """The connections of this process that are open, and how many of them a transaction is using."""

    total: int
    in_use: int


def figures_of(pool: Pool) -> PoolFigures:
    """Return how a pool does; a database in memory has one connection and no pool."""
    if not isinstance(pool, QueuePool):
        return PoolFigures(total=1, in_use=0)
    in_use = pool.checkedout()
    return PoolFigures(total=in_use + pool.checkedin(), in_use=in_use)


def measure(engine: Engine) -> None:
    """Count for the metrics which connections are open, and which of them are in use."""
    event.listen(engine, "connect", lambda *_: CONNECTIONS.inc())
    event.listen(engine, "close", lambda *_: CONNECTIONS.dec())

    @event.listens_for(engine, "checkout")
    def on_checkout(_connection: Any, record: Any, _proxy: Any) -> None:
        record.record_info["is_counted"] = True
        CONNECTIONS_IN_USE.inc()

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        if record.record_info.pop("is_counted", False):
            CONNECTIONS_IN_USE.dec()
