"""Answers on their way: by a thread while a client keeps up, then by a loop that waits for thousands."""

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import AppError
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.stalls import Stalls
from wxcloudrun.serving.worker.windows import WINDOW_BYTES, Windows
from wxcloudrun.stores.blobs.outgoing import FileBody, MemoryBody, Outgoing, StoreBody
from wxcloudrun.stores.blobs.port import ObjectMissing

logger = logging.getLogger(__name__)

SPRINT_SECONDS = 0.02  # a client that has no room for so long is waited for without a thread
FILE_PIECE_BYTES = 4 * 1024 * 1024
# What lies in the kernel unsent for any client. More than a block of the thread that sends does not make it
# faster (measured), and a slow client would have the 4 MiB that tcp_wmem allows.
UNSENT_BYTES = 512 * 1024
PATIENT_UNSENT_BYTES = 2 * WINDOW_BYTES  # for one that is waited for; it has room when half is gone
MOST_WINDOW_BYTES = 1024 * 1024
MOST_BLOCKS = 16  # of objects, in memory at once: read, or just being sent
FAST_SECONDS = 0.1  # who has room again within this gets a larger window
STOP_SECONDS = 2.0

IsWanted = Callable[[], bool]


class Transfer:
    """The rest of one answer: bytes that are there already, then a body that is read as it goes."""

    def __init__(
        self, sock: socket.socket, pending: bytes, body: Outgoing | None, finish: Callable[[], None]
    ) -> None:
        self.sock = sock
        self.pending = memoryview(pending)
        self.body = body
        self.length = 0 if body is None else body.length
        self.sent = 0  # of the body
        self.is_carried = False  # by the loop, at least once
        self._finish = finish

    @property
    def is_complete(self) -> bool:
        """True when the kernel has everything."""
        return not self.pending and self.sent == self.length

    def finish(self) -> None:
        """Let go of the body and of the place."""
        if self.body is not None:
            self.body.close()
        self._finish()

    def count(self, sent: int) -> None:
        """Note that so much of the body has gone."""
        self.sent += sent
        if self.body is not None:
            self.body.note_sent(sent)

    def sprint(self, is_wanted_elsewhere: IsWanted) -> None:
        """Send until everything has gone, the client has no room, or others wait for this thread.

        Raises what sending and reading raise.
        """
        self.sock.settimeout(0)
        try:
            while self.pending:
                self.pending = self.pending[self.sock.send(self.pending) :]
            if self.body is not None:
                self.sock.settimeout(SPRINT_SECONDS)
                self._sprint_body(self.body, is_wanted_elsewhere)
        except (BlockingIOError, TimeoutError):
            return
        finally:
            if isinstance(self.body, StoreBody):
                self.body.close()  # who has to wait goes on by windows

    def _sprint_body(self, body: Outgoing, is_wanted_elsewhere: IsWanted) -> None:
        note_sent, body.note_sent = body.note_sent, lambda _count: None  # what is sent is counted here
        try:
            for block in body:
                view = memoryview(block)
                while view:
                    sent = self.sock.send(view)
                    self.sent += sent
                    note_sent(sent)
                    view = view[sent:]
                if is_wanted_elsewhere():
                    return
        finally:
            body.note_sent = note_sent


class TransferLoop:
    """One thread that carries transfers to their end, however slow their clients are."""

    def __init__(self, limits: ServingLimits) -> None:
        self._stalls = Stalls(limits)
        self._loop = asyncio.new_event_loop()
        self._windows = Windows()
        self._blocks = asyncio.Semaphore(MOST_BLOCKS)
        self._objects = 0  # that are on their way
        self._thread = threading.Thread(target=self._run, name="transfers", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Drop what is not at its end."""
        self._windows.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(drop(asyncio.all_tasks(self._loop)))
        self._loop.close()

    def begin(self, transfer: Transfer) -> "Future[bool]":
        """Carry a transfer; the result tells whether the client has got everything."""
        return asyncio.run_coroutine_threadsafe(self._carry(transfer), self._loop)

    async def _carry(self, transfer: Transfer) -> bool:
        watched = self._stalls.watch(transfer.sock)
        try:
            transfer.sock.setblocking(False)
            bound_unsent(transfer.sock, PATIENT_UNSENT_BYTES)
            await self._loop.sock_sendall(transfer.sock, transfer.pending)
            transfer.pending = memoryview(b"")
            if isinstance(transfer.body, FileBody):
                await self._carry_file(transfer, transfer.body)
            elif isinstance(transfer.body, StoreBody):
                await self._carry_object(transfer, transfer.body)
            elif isinstance(transfer.body, MemoryBody):
                await self._loop.sock_sendall(transfer.sock, memoryview(transfer.body.block)[transfer.sent :])
                transfer.count(transfer.length - transfer.sent)
            bound_unsent(transfer.sock)
        except (OSError, asyncio.CancelledError):
            return False  # the client has gone, or was given up
        except Exception as failure:  # noqa: BLE001  # whatever it is, this answer alone ends with it
            note_failure(failure)
            return False  # a short body never looks whole
        finally:
            self._stalls.leave(watched)
            transfer.finish()
        return transfer.is_complete

    async def _carry_file(self, transfer: Transfer, body: FileBody) -> None:
        while (left := transfer.length - transfer.sent) > 0:
            at, piece = body.start + transfer.sent, min(left, FILE_PIECE_BYTES)
            try:
                sent = await self._loop.sock_sendfile(transfer.sock, body.file, at, piece, fallback=False)
            except asyncio.SendfileNotAvailableError:  # of such a file system, or the client has gone
                block = os.pread(body.file.fileno(), WINDOW_BYTES, at)[:piece]
                await self._loop.sock_sendall(transfer.sock, block)
                sent = len(block)
            if not sent:
                logger.error("transfer_failed", extra={"cause": "the file is shorter than it was"})
                return
            transfer.count(sent)

    async def _carry_object(self, transfer: Transfer, body: StoreBody) -> None:
        """Read a window whenever the client has room for one, so that none is held for those who wait."""
        size, self._objects = WINDOW_BYTES, self._objects + 1
        try:
            while transfer.sent < transfer.length:
                began_at = clock.monotonic()
                await has_room(self._loop, transfer.sock)
                # One that comes from a thread has room because others wanted the thread.
                is_fast = clock.monotonic() - began_at < FAST_SECONDS and transfer.is_carried
                size = min(size * 2, MOST_WINDOW_BYTES) if is_fast else WINDOW_BYTES
                async with self._blocks:
                    block = await self._windows.read(body, transfer.sent, size)
                    transfer.count(await self._sent_at_once(transfer.sock, block))
                    del block
                transfer.is_carried = True
        finally:
            self._objects -= 1
            if not self._objects:
                self._windows.clear()

    async def _sent_at_once(self, sock: socket.socket, block: memoryview) -> int:
        """Send while the client goes on taking, and return how much: no block is held for one that pauses."""
        sent = 0
        while True:
            with contextlib.suppress(BlockingIOError):
                sent += sock.send(block[sent:])
            if sent == len(block) or not await has_room(self._loop, sock, FAST_SECONDS):
                return sent


def bound_unsent(sock: socket.socket, size: int = UNSENT_BYTES) -> None:
    """Say how much the kernel takes for a connection, or for each that a listener accepts, before it is sent.

    Its buffers bound what is sent and not acknowledged, and grow for a fast client.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, size)


def note_failure(failure: Exception) -> None:
    """Log why an answer ends in the middle: in one line what may happen, with a trace a fault of ours."""
    is_known = isinstance(failure, (AppError, ObjectMissing, asyncio.SendfileNotAvailableError))
    extra = {"cause": type(failure).__name__}
    logger.warning("transfer_failed", extra=extra, exc_info=None if is_known else failure)


async def drop(tasks: "set[asyncio.Task[Any]]") -> None:
    """Cancel tasks, and wait until they have ended."""
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def has_room(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, seconds: float | None = None
) -> bool:
    """Wait until the client takes bytes again, for so long at most; tell whether it does.

    Nothing is raised when the time is over: the frames that an exception holds would keep their blocks.
    """
    waiting: asyncio.Future[bool] = loop.create_future()
    loop.add_writer(sock, note, waiting, True)  # it is the result
    timer = None if seconds is None else loop.call_later(seconds, note, waiting, False)  # the same
    try:
        return await waiting
    finally:
        loop.remove_writer(sock)
        if timer is not None:
            timer.cancel()


def note(waiting: "asyncio.Future[bool]", has_come: bool) -> None:  # noqa: FBT001  # the result of a wait
    """End a wait, once."""
    if not waiting.done():
        waiting.set_result(has_come)
