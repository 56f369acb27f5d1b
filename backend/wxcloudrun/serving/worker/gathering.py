"""Waiting for a request without a thread: until its head and a small body are there, or patience is over."""

import asyncio
from collections.abc import Callable
from functools import partial

from wxcloudrun.kit.errors import AppError, Busy, HeadersTooLarge, TimedOut
from wxcloudrun.kit.texts import text
from wxcloudrun.serving.worker.connection import RECEIVE_BYTES, Connection
from wxcloudrun.serving.worker.framing import Need
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.tricklers import Tricklers

SLOW_SECONDS = 0.1  # who is still not ready so long after a first look is looked at now and then
GATHERED_BYTES = 64 * 1024 * 1024  # of requests that are not complete, in this process
LITTLE_BYTES = 8 * 1024  # whoever has sent less is never refused for what others hold


class Gathering:
    """Gathers the requests of all connections of a process."""

    def __init__(self, limits: ServingLimits, most_bytes: int = GATHERED_BYTES) -> None:
        self._limits = limits
        self._most_bytes = most_bytes
        self._total_bytes = 0
        self._held_bytes: dict[Connection, int] = {}
        self._patience: dict[Connection, asyncio.Timeout] = {}
        self._tricklers = Tricklers()

    async def request(self, connection: Connection) -> Need | None:
        """Return what the next request needs a thread for; None if none comes.

        Raises AppError for one that takes too long, or too much memory.
        """
        need: Need | None = connection.need()
        if need is Need.HEAD:
            need = await self._head(connection)
        if need is Need.BODY:
            need = await self._body(connection)
        if need is Need.SHORTER_HEAD:
            raise HeadersTooLarge(text("the headers are too long, or too many"))
        return need

    async def _head(self, connection: Connection) -> Need | None:
        try:
            if connection.has_served and not connection.received:
                async with asyncio.timeout(self._limits.idle_seconds):
                    await arrival(connection, partial(is_silent, connection), self._tricklers)
        except TimeoutError:
            return None
        slow = TimedOut(text("the head of the request took too long"))
        need = await self._while_needed(connection, Need.HEAD, self._limits.header_seconds, slow)
        return None if need is Need.HEAD else need  # its client has gone

    async def _body(self, connection: Connection) -> Need:
        slow = TimedOut(text("the body of the request took too long"))
        await self._while_needed(connection, Need.BODY, self._limits.body_seconds, slow)
        return Need.THREAD  # also for one that is cut: the application says what is missing

    async def _while_needed(
        self, connection: Connection, needed: Need, seconds: float, slow: TimedOut
    ) -> Need:
        """Gather while that is missing. Raises `slow` after so many seconds, and Busy."""
        try:
            async with asyncio.timeout(seconds) as patience:
                self._patience[connection] = patience
                await arrival(connection, partial(self._goes_on, connection, needed), self._tricklers)
        except TimeoutError:
            if connection not in self._held_bytes:
                raise refused_for_memory() from None
            if not connection.received:
                return needed
            raise slow from None
        finally:
            self._forget(connection)
        return connection.need()

    def _goes_on(self, connection: Connection, needed: Need) -> bool:
        """Tell whether that is still missing, and may still come. Raises Busy."""
        if connection not in self._patience:
            return True  # it has to go, and will hear of it
        self._count(connection)
        return connection.need() is needed and not connection.has_ended

    def _count(self, connection: Connection) -> None:
        """Note what a connection holds. When all of them hold too much, whoever holds most has to go."""
        held = len(connection.received)
        self._total_bytes += held - self._held_bytes.get(connection, 0)
        self._held_bytes[connection] = held
        while self._total_bytes > self._most_bytes:
            largest = max(self._held_bytes, key=self._held_bytes.__getitem__)
            if self._held_bytes[largest] < LITTLE_BYTES:
                return  # so many are bounded by the number of connections
            patience = self._patience[largest]
            self._forget(largest)
            if largest is connection:
                raise refused_for_memory()
            patience.reschedule(asyncio.get_running_loop().time())

    def _forget(self, connection: Connection) -> None:
        self._total_bytes -= self._held_bytes.pop(connection, 0)
        self._patience.pop(connection, None)


class Arrival:
    """Gathers what comes over a connection, by a callback of the loop: a piece may be a single byte."""

    def __init__(self, connection: Connection, goes_on: Callable[[], bool], tricklers: Tricklers) -> None:
        self._connection = connection
        self._goes_on = goes_on
        self._tricklers = tricklers
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._is_slow = self._is_watched = False
        self.end: asyncio.Future[None] = self._loop.create_future()

    def look(self) -> None:
        """Take what is there, and find out whether it is enough."""
        if self.end.done():
            return
        try:
            self._connection.gather(self._connection.sock.recv(RECEIVE_BYTES))
            if not self._goes_on():
                self.end.set_result(None)
            elif not self._is_slow and self._loop.time() - self._began_at > SLOW_SECONDS:
                self._slow_down()
        except BlockingIOError:
            return
        except Exception as failure:  # noqa: BLE001  # whoever waits is told
            self.end.set_exception(failure)

    def watch(self) -> None:
        """Look whenever something comes."""
        self._is_watched = True
        self._loop.add_reader(self._connection.sock, self.look)

    def _slow_down(self) -> None:
        self._is_slow = True
        self._loop.remove_reader(self._connection.sock)
        self._tricklers.add(self._connection.sock, self.look)

    def leave(self) -> None:
        """Look no more. The loop takes long to find out that it has watched nothing."""
        if not self._is_watched:
            return
        self._loop.remove_reader(self._connection.sock)
        self._tricklers.remove(self._connection.sock)


async def arrival(connection: Connection, goes_on: Callable[[], bool], tricklers: Tricklers) -> None:
    """Gather until `goes_on`, which is asked before and after each piece, says no. Raises what it raises.

    The socket is registered once, or once more for one that trickles, and whoever waits is woken once.
    """
    if not goes_on():
        return
    coming = Arrival(connection, goes_on, tricklers)
    coming.look()
    if not coming.end.done():
        coming.watch()
    try:
        await coming.end
    finally:
        coming.leave()


def is_silent(connection: Connection) -> bool:
    """Tell whether nothing has come yet, not even the end."""
    return not connection.received and not connection.has_ended


def refused_for_memory() -> AppError:
    """Refuse a request while others that are not complete hold too much."""
    return Busy(text("too many requests are on their way; try again in some seconds"))
