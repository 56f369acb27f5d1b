"""Who is connected: how many in all, and how many from one address."""

import asyncio
from collections import Counter

from wxcloudrun.net.addresses import client_group
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.limits import ServingLimits


class Doorway:
    """Knows every connection and which of them may be asked to leave: those that wait for their client."""

    def __init__(self, limits: ServingLimits) -> None:
        self._limits = limits
        self._inside: dict[Connection, str] = {}
        self._from: Counter[str] = Counter()
        self._idle: dict[Connection, asyncio.Task[None]] = {}  # the longest first

    def __len__(self) -> int:
        return len(self._inside)

    def everybody(self) -> list[Connection]:
        """Return all connections."""
        return list(self._inside)

    def lets_in(self, connection: Connection) -> bool:
        """Take a connection in, unless its address has too many. Whoever has waited longest makes room."""
        group = client_group(connection.host)
        most = self._limits.connections_per_address
        if most and self._from[group] >= most:
            return False
        if len(self._inside) >= self._limits.connections and not self._dismiss_one():
            return False
        self._inside[connection] = group
        self._from[group] += 1
        return True

    def leaves(self, connection: Connection) -> None:
        """Forget a connection."""
        self._idle.pop(connection, None)
        group = self._inside.pop(connection)
        self._from[group] -= 1
        if not self._from[group]:
            del self._from[group]

    def waits(self, connection: Connection, task: "asyncio.Task[None]") -> None:
        """Note that a connection waits for its client; `task` attends it."""
        self._idle[connection] = task

    def works(self, connection: Connection) -> None:
        """Note that it does not any more."""
        self._idle.pop(connection, None)

    def dismiss_idle(self) -> None:
        """Ask everybody to leave who waits for their client."""
        while self._dismiss_one():
            pass

    def _dismiss_one(self) -> bool:
        if not self._idle:
            return False
        connection = next(iter(self._idle))
        self._idle.pop(connection).cancel()
        return True
