"""Request bodies that are read as they come: asked for late, watched, and given up when they stall."""

import contextlib
import os
import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import InvalidChunkSize, ParseException
from gunicorn.http.message import Request

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.texts import text
from wxcloudrun.serving.worker.answers import unreadable_body
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.web.body_headers import refuse_trailers

SLOW_SECONDS = 0.01  # who is waited for so long is slow until the kernel has more than is asked for
SLOW_BLOCK_BYTES = 64 * 1024  # of a slow client are gathered by the kernel before a thread is woken
LOOK_SECONDS = 4.0  # after which less is taken too
DIRECT_BYTES = 64 * 1024
MAX_CHUNK_BYTES = 2**63 - 1
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class PacedSocket:
    """A socket that gives up a client which has been waited for long and has sent hardly anything.

    One that sends a byte a minute would hold its thread for ever. What the service itself takes does not
    count, and a client that was fast before may not live on that.
    """

    def __init__(self, sock: socket.socket, limits: ServingLimits) -> None:
        self._sock = sock
        self._limits = limits
        self._is_slow = False
        self._waited_seconds = 0.0
        self._received_bytes = 0
        self._until: float | None = None

    def hasten(self) -> None:
        """From now on everything has to come within `body_seconds`, however steadily it does."""
        self._until = clock.monotonic() + self._limits.body_seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        """Receive like the socket itself. Raises TimeoutError, as for a client that is silent.

        Raises Malformed where it may not wait: a thread that was told that the whole request is there,
        while the parser wants more, waits for nobody.
        """
        if self._sock.gettimeout():
            return self._paced(size, least=1)
        try:
            return self._sock.recv(size)
        except BlockingIOError:
            raise Malformed(text("this is not HTTP as this service reads it")) from None

    def recv_of(self, left: int, size: int) -> bytes:
        """Receive some of `left` bytes that are still to come. Raises TimeoutError.

        Each block of a slow client costs a thread its turn, so there are few of them, and they are small,
        for a buffer is made for what may come.
        """
        if not self._is_slow:
            return self._paced(min(size, left), least=1)
        size = min(size, left, SLOW_BLOCK_BYTES)
        return self._paced(size, least=size)

    def _paced(self, size: int, least: int) -> bytes:
        began = clock.monotonic()
        block = self._awaited(size, least, began)
        now = clock.monotonic()
        # One that has sent all that was asked for, and at once, may be asked for more.
        self._is_slow = now - began > SLOW_SECONDS or (self._is_slow and len(block) < size)
        self._waited_seconds += now - began
        if block and self._until is not None and now > self._until:
            raise TimeoutError("the body takes too long")
        self._received_bytes += len(block)
        if self._received_bytes >= self._limits.give_up_seconds * self._limits.give_up_bytes_per_second:
            self._waited_seconds, self._received_bytes = 0.0, 0  # enough for so long; count anew
        elif block and self._waited_seconds > self._limits.give_up_seconds:
            raise TimeoutError("the client sends too slowly")
        return block

    def _awaited(self, size: int, least: int, began: float) -> bytes:
        """Wait for `least` bytes, but not for long; nothing is held meanwhile."""
        until = began + self._limits.idle_seconds
        if self._until is not None:
            until = min(until, self._until)
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        with kernel_gathers(self._sock, least):
            while True:
                left = max(0.0, until - clock.monotonic())
                poll.poll(min(left, LOOK_SECONDS if least > 1 else left) * 1000)
                with contextlib.suppress(BlockingIOError):
                    return os.read(self._sock.fileno(), size)  # a socket with a time-out would wait again
                if left == 0.0:
                    raise TimeoutError("the client is silent")


@contextlib.contextmanager
def kernel_gathers(sock: socket.socket, least: int) -> Iterator[None]:
    """Let nobody be woken for less than so many bytes (socket(7), SO_RCVLOWAT), or the end."""
    if least > 1:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least)
    try:
        yield
    finally:
        if least > 1:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


class BoundedChunks(ChunkedReader):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn's reader of chunked bodies, which takes any number of digits for a size."""

    def parse_chunk_size(self, unreader: Any, data: bytes | None = None) -> tuple[int, bytes | None]:
        """Read the next size. Raises InvalidChunkSize for what no body can be (RFC 9112 section 7.1)."""
        size, rest = super().parse_chunk_size(unreader, data)
        if size > MAX_CHUNK_BYTES:
            raise InvalidChunkSize(b"more than 63 bits")
        return size, rest

    def parse_trailers(self, unreader: Any, data: bytes) -> None:
        """Read what stands behind the last chunk. Raises Malformed for what should have stood before."""
        super().parse_trailers(unreader, data)
        refuse_trailers(name for name, _ in self.req.trailers)


class WatchedBody:
    """A request body that asks for itself when it is first read, and knows whether it has ended.

    `before_first_read` may raise a refusal: nothing has been asked for then, and nothing is read.
    """

    def __init__(self, body: Any, sock: PacedSocket, *, announced: bool, expected: bool) -> None:
        self._body = body
        self._sock = sock
        self._expected = expected
        self.is_unread = announced
        self.before_first_read: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def admit(self) -> None:
        """Do what comes before the first read, unless that was done. Raises what it refuses with."""
        if self.before_first_read is not None:
            self.before_first_read()
            self.before_first_read = None

    def read(self, size: int | None = None) -> bytes:
        """Read like the body itself; the client is told to go on before the first byte.

        Raises Malformed, or another refusal of the client, for framing that cannot be read.
        """
        self.admit()
        if self._expected:
            self._expected = False
            self._sock.sendall(CONTINUE)
        try:
            block = self._read(size)
        except ParseException as error:
            # To the application it is one refusal among others: nothing of the body is kept.
            raise unreadable_body(error) from error
        if self._has_ended(block, size):
            self.is_unread = False
        return block

    def _read(self, size: int | None) -> bytes:
        """Take a large block straight from the socket, where gunicorn would copy it four times.

        The block may be shorter than `size`, as that of a socket; it is empty only at the end.
        """
        reader = self._body.reader
        left = getattr(reader, "length", 0)  # known for a body with Content-Length
        if not left or size is None or size < DIRECT_BYTES or self._body.buf.tell():
            block: bytes = self._body.read(size)
        elif held := reader.unreader.buf.tell():  # what came in with the head of the request
            block = reader.read(min(size, left, held))
        else:
            block = self._sock.recv_of(left, size)
            reader.length -= len(block)
        return block

    def _has_ended(self, block: bytes, size: int | None) -> bool:
        left = getattr(self._body.reader, "length", None)  # known for a body with Content-Length
        if left is not None:
            return left == 0 and not self._body.buf.tell()
        return size is None or len(block) < size


def watch(req: Request, sock: PacedSocket) -> WatchedBody:
    """Put a watched body into the place of the request's own."""
    headers = dict(req.headers)
    announced = "TRANSFER-ENCODING" in headers or headers.get("CONTENT-LENGTH", "0") != "0"
    if isinstance(req.body.reader, ChunkedReader):
        req.body.reader = BoundedChunks(req, req.unreader)
    body = WatchedBody(req.body, sock, announced=announced, expected=req._expected_100_continue)  # noqa: SLF001  # gunicorn has no public name for it
    req._expected_100_continue = False  # noqa: SLF001  # gunicorn has no public name for it
    req.body = body
    return body
