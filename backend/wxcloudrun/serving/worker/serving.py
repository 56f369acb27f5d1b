"""A coroutine for each connection, threads for what there is to do."""

import asyncio
import contextlib
import os
import re
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from wsgiref.types import WSGIApplication

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import AppError, Busy
from wxcloudrun.kit.texts import text
from wxcloudrun.serving import metrics
from wxcloudrun.serving.memory import Spare
from wxcloudrun.serving.worker.accept_turns import AcceptTurns
from wxcloudrun.serving.worker.answers import language_of_bytes, rendered
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.doorway import Doorway
from wxcloudrun.serving.worker.exchange import ConnectionOutcome, Exchange, Turn
from wxcloudrun.serving.worker.framing import Need, path_of
from wxcloudrun.serving.worker.gathering import Gathering
from wxcloudrun.serving.worker.lanes import Lane
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.lingering import close_lingering
from wxcloudrun.serving.worker.listening import Listening
from wxcloudrun.serving.worker.places import OTHER, UP, Places, TransferPlace
from wxcloudrun.serving.worker.transfers import Transfer, TransferLoop, note_failure

BEAT_SECONDS = 1.0
STOP_IDLE_SECONDS = 2.0  # a stopping worker answers what is on its way on a kept connection
SECONDS_TO_LINGER = {
    ConnectionOutcome.GONE: 0.0,
    ConnectionOutcome.CLOSE: 2.0,
    ConnectionOutcome.CLOSE_UNREAD: 10.0,
}


class Serving:
    """Bound by bandwidth, never by the patience of its clients."""

    def __init__(
        self,
        application: WSGIApplication,
        cfg: Any,
        log: Any,
        limits: ServingLimits,
        is_wanted: Callable[[], bool],
        upload_paths: re.Pattern[str],
    ) -> None:
        """`is_wanted` is asked every second whether to go on, which also tells the master that we live.

        Long bodies that go elsewhere than to `upload_paths` take no place or thread from uploads.
        """
        self._log = log
        self._limits = limits
        self._is_wanted = is_wanted
        self._upload_paths = upload_paths
        self._places = Places(limits)
        self._transfers = TransferLoop(limits)
        self._gathering = Gathering(limits)
        self._exchange = Exchange(application, cfg, log, limits, self._places)
        self._short = Lane("short", limits.threads)
        self._lanes = {UP: Lane("long", limits.uploads), OTHER: Lane("body", limits.other_bodies)}
        self._reserved = {path: Lane("reserved", 1) for path in limits.always_answered}
        self._doorway = Doorway(limits)
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare = Spare()
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Stop when what is under way has ended. May be called by a signal's handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    def hang_up(self) -> None:
        """Wake every thread that waits for a client, and drop what is on its way."""
        for connection in self._doorway.everybody():
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    # --- the loop -------------------------------------------------------------------------------------

    async def serve(self, listeners: Sequence[Any], turns: AcceptTurns | None = None) -> None:
        """Serve until told to stop. `turns` are those of all workers, None if this is the only one."""
        self._loop = asyncio.get_running_loop()
        self._transfers.start()
        listening = Listening(listeners, self._enter, self._log, turns=turns, process=os.getpid())
        listening.start()
        while self._beat():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), BEAT_SECONDS)
        self._places.is_closing = True
        listening.stop()
        await self._let_finish()
        self.hang_up()
        for lane in (self._short, *self._lanes.values(), *self._reserved.values()):
            lane.stop()
        self._transfers.stop()

    def _beat(self) -> bool:
        """Tell the metrics how it goes, and return whether it goes on."""
        metrics.REQUESTS_WAITING.set(sum(lane.waiting for lane in (self._short, *self._lanes.values())))
        metrics.OPEN_CONNECTIONS.set(len(self._doorway))
        self._spare.give_back()
        return self._is_wanted()

    async def _let_finish(self) -> None:
        """Wait for what is under way. Kept connections may bring one more request that is on its way."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limits.graceful_seconds
        loop.call_later(STOP_IDLE_SECONDS, self._doorway.dismiss_idle)
        while len(self._doorway) and loop.time() < until:
            self._beat()
            await asyncio.wait(self._tasks, timeout=BEAT_SECONDS)
            if loop.time() > until - self._limits.graceful_seconds + STOP_IDLE_SECONDS:
                self._doorway.dismiss_idle()

    def _enter(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(self._attend(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- one connection -------------------------------------------------------------------------------

    async def _attend(self, connection: Connection) -> None:
        """A connection from its first byte to its last."""
        if not self._doorway.lets_in(connection):
            metrics.CONNECTIONS_REFUSED.inc()
            say(connection, Busy(text("too many connections are open; close some, or try again later")))
            await close_lingering(connection.sock, seconds=1.0)
            return
        try:
            seconds = await self._converse(connection)
            if seconds:
                self._waits(connection)
                await close_lingering(connection.sock, seconds)
        except asyncio.CancelledError:
            pass  # it made room for others
        except OSError as error:
            self._log.debug("connection lost: %s", error)
        except Exception:  # noqa: BLE001  # nothing that goes wrong with one connection ends the worker
            self._log.exception("a connection failed")
        finally:
            self._doorway.leaves(connection)
            connection.sock.close()

    async def _converse(self, connection: Connection) -> float:
        """Answer one request after the other; return for how many seconds to linger at the end."""
        while True:
            self._waits(connection)
            try:
                need = await self._gathering.request(connection)
                # Before it waits for a thread, so that a burst is not refused when its turn comes but now.
                place = self._reserve(connection) if need is Need.READER else None
            except AppError as refusal:
                self._log.warning("refused: %s", refusal.reason)
                say(connection, refusal)
                return SECONDS_TO_LINGER[ConnectionOutcome.CLOSE_UNREAD]
            if need is None:
                return SECONDS_TO_LINGER[ConnectionOutcome.GONE]
            self._doorway.works(connection)
            outcome = await self._answer(connection, place)
            if outcome is not ConnectionOutcome.KEEP:
                return SECONDS_TO_LINGER[outcome]

    def _reserve(self, connection: Connection) -> TransferPlace:
        """Take a place for a long body. Raises Busy."""
        is_upload = self._upload_paths.match(path_of(connection.received))
        return self._places.reserve(UP if is_upload else OTHER)

    async def _answer(self, connection: Connection, place: TransferPlace | None) -> ConnectionOutcome:
        """Let a thread answer, and the loop of transfers send what the client does not take at once."""
        lane = self._lane(connection, place)
        connection.arrived_at = clock.monotonic()
        try:
            turn = await lane.run(partial(self._work, connection, lane, place))
        finally:
            if place is not None:
                place.give_back()
        connection.sock.setblocking(False)  # the thread may have waited for it
        if isinstance(turn, ConnectionOutcome):
            return turn
        is_complete = await asyncio.wrap_future(self._transfers.begin(turn.transfer))
        connection.take_back()
        return turn.outcome if is_complete else ConnectionOutcome.GONE

    def _lane(self, connection: Connection, place: TransferPlace | None) -> Lane:
        if place is not None:
            return self._lanes[place.direction]
        return self._reserved.get(path_of(connection.received), self._short)

    def _waits(self, connection: Connection) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._doorway.waits(connection, task)

    # --- in a thread ----------------------------------------------------------------------------------

    def _work(
        self, connection: Connection, lane: Lane, place: TransferPlace | None
    ) -> Turn | ConnectionOutcome:
        """Answer a request, and those that follow closely while nobody else waits for this thread.

        To hand a connection back to the loop after each request costs more than a small answer does.
        """
        while True:
            turn = self._exchange.answer(connection, place)
            if isinstance(turn, ConnectionOutcome):
                return turn
            try:
                is_complete = self._has_gone(turn.transfer, lane)
            finally:
                turn.follow_up()
            if is_complete is None:
                return ConnectionOutcome.GONE
            if not is_complete:
                return turn
            connection.take_back()
            if turn.outcome is not ConnectionOutcome.KEEP or lane is not self._short:
                return turn.outcome
            is_next_here = not lane.is_wanted() and (connection.received or connection.has_more())
            if not (is_next_here and connection.need() is Need.THREAD):
                return ConnectionOutcome.KEEP
            connection.arrived_at = clock.monotonic()

    def _has_gone(self, transfer: Transfer, lane: Lane) -> bool | None:
        """Send what the client takes now; was it everything? None: nothing more can go."""
        try:
            transfer.sprint(lane.is_wanted)
        except OSError as error:
            self._log.debug("connection lost: %s", error)
            transfer.finish()
            return None
        except Exception as failure:  # noqa: BLE001  # whatever it is, this answer alone ends with it
            note_failure(failure)
            transfer.finish()
            return None
        if transfer.is_complete:
            transfer.finish()
        return transfer.is_complete


def say(connection: Connection, refusal: AppError) -> None:
    """Send a refusal that the kernel has room for."""
    with contextlib.suppress(OSError):
        connection.sock.setblocking(False)
        connection.sock.send(rendered(refusal, language_of_bytes(connection.received)))
