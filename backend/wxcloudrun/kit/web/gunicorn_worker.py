"""A gunicorn worker that lets the application decide before the body is sent.

gunicorn's own threaded worker answers `Expect: 100-continue` before the application has seen the
request, so a client without rights would still send its gigabytes; and it closes a connection whose
body was not read after 64 KiB, so such a client may see a reset instead of the answer.
"""

import contextlib
import select
import socket
from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from wxcloudrun.kit import clock, ids, memory
from wxcloudrun.kit.errors import AppError, HeadersTooLarge, Malformed, UriTooLong
from wxcloudrun.kit.web.envelope import failure

IDLE_SECONDS = 60  # a client that neither sends nor takes a byte for so long is gone
# One that sends a byte a minute would hold its thread for ever. A telephone at the edge of its network
# sends more than this, and what the service itself takes does not count.
LEAST_BYTES_PER_SECOND = 1024
PATIENCE_SECONDS = 120.0
LINGER_BYTES = 1024 * 1024
LINGER_SECONDS = 2.0
NEXT_REQUEST_MILLISECONDS = 2
DIRECT_BYTES = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class PacedSocket:
    """A socket that gives up a client which has been waited for long and has sent hardly anything."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._waited_seconds = 0.0
        self._received_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        """Receive like the socket itself. Raises TimeoutError, as for a client that is silent."""
        began = clock.monotonic()
        block = self._sock.recv(size)
        self._waited_seconds += clock.monotonic() - began
        self._received_bytes += len(block)
        if block and self._is_too_slow():
            raise TimeoutError("the client sends too slowly")
        return block

    def _is_too_slow(self) -> bool:
        return (
            self._waited_seconds > PATIENCE_SECONDS
            and self._received_bytes < self._waited_seconds * LEAST_BYTES_PER_SECOND
        )


class WatchedBody:
    """A request body that asks for itself when it is first read, and knows whether it has ended."""

    def __init__(self, body: Any, sock: PacedSocket, *, announced: bool, expected: bool) -> None:
        self._body = body
        self._sock = sock
        self._expected = expected
        self.is_unread = announced

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, size: int | None = None) -> bytes:
        """Read like the body itself; the client is told to go on before the first byte."""
        if self._expected:
            self._expected = False
            self._sock.sendall(CONTINUE)
        block = self._read(size)
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
            block = self._sock.recv(min(size, left))
            reader.length -= len(block)
        return block

    def _has_ended(self, block: bytes, size: int | None) -> bool:
        left = getattr(self._body.reader, "length", None)  # known for a body with Content-Length
        if left is not None:
            return left == 0 and not self._body.buf.tell()
        return size is None or len(block) < size


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """The threaded worker with a late 100 Continue, limits of patience, and a farewell that is heard."""

    wsgi: Application

    def load_wsgi(self) -> None:
        """Load the application and watch what it leaves unread."""
        super().load_wsgi()
        self.wsgi = closing_if_unread(self.wsgi)
        memory.keep_small()

    def handle(self, conn: TConn) -> Any:
        """Handle the requests of a connection while they follow each other closely.

        gunicorn hands a connection back to its loop after each request, which costs more than a small
        answer does. A thread that nobody else waits for looks for the next request itself.
        """
        outcome = super().handle(conn)
        while outcome is True and self.alive and self.is_unclaimed() and has_more(conn):
            outcome = super().handle(conn)
        return outcome

    def is_unclaimed(self) -> bool:
        """Tell whether no other connection waits for a thread."""
        return bool(self.tpool._work_queue.empty())  # noqa: SLF001  # the pool has no public name for it

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be read in the envelope, as every other one."""
        refusal = unreadable(exc)
        if refusal is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("unreadable request: %s", type(exc).__name__)
        with contextlib.suppress(OSError):
            client.sendall(rendered(refusal))
        linger(client)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Handle one request; False closes the connection."""
        conn.sock.settimeout(IDLE_SECONDS)
        paced = PacedSocket(conn.sock)
        body = watch(req, paced)
        req.unreader.sock = paced
        keep = bool(super().handle_request(req, conn))
        if body.is_unread:
            linger(conn.sock)
            return False
        return keep


def has_more(conn: TConn) -> bool:
    """Wait for the next request on a connection, for no longer than a newcomer may be kept waiting."""
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(NEXT_REQUEST_MILLISECONDS))


def unreadable(error: BaseException) -> AppError | None:
    """Return how to refuse a request that is no HTTP as we read it; None for a fault of ours."""
    if isinstance(error, LimitRequestLine):
        return UriTooLong("the URL is too long")
    if isinstance(error, LimitRequestHeaders):
        return HeadersTooLarge("the headers are too long, or too many")
    if isinstance(error, ParseException):
        return Malformed("this is not HTTP as this service reads it")
    return None


def rendered(refusal: AppError) -> bytes:
    """Write a refusal for a connection that ends with it."""
    answer = failure(refusal.status, refusal.message, {"reason": refusal.reason})
    answer.headers.extend({"Connection": "close", "X-Request-ID": ids.request_id(None)})
    return f"HTTP/1.1 {answer.status}\r\n{answer.headers}".encode("latin-1") + answer.get_data()


def watch(req: Request, sock: PacedSocket) -> WatchedBody:
    """Put a watched body into the place of the request's own."""
    headers = dict(req.headers)
    announced = "TRANSFER-ENCODING" in headers or headers.get("CONTENT-LENGTH", "0") != "0"
    body = WatchedBody(req.body, sock, announced=announced, expected=req._expected_100_continue)  # noqa: SLF001  # gunicorn has no public name for it
    req._expected_100_continue = False  # noqa: SLF001  # gunicorn has no public name for it
    req.body = body
    return body


def closing_if_unread(application: Application) -> Application:
    """Let an answer that comes before the end of the body announce the end of the connection.

    Where the next request would begin, nobody can tell.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if getattr(environ["wsgi.input"], "is_unread", False):
                start_response.__self__.force_close()  # type: ignore[attr-defined]  # gunicorn's Response
            return start_response(status, headers, exc_info)

        return application(environ, start)

    return wrapped


def linger(sock: socket.socket) -> None:
    """Say that nothing more will be sent, and take in up to 1 MiB of what the client is still sending.

    Closing with unread bytes makes the kernel send a reset, which can destroy the answer on its way
    (RFC 9112 section 9.6).
    """
    deadline = clock.monotonic() + LINGER_SECONDS
    taken = 0
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        while taken < LINGER_BYTES and (left := deadline - clock.monotonic()) > 0:
            sock.settimeout(left)
            block = sock.recv(64 * 1024)
            if not block:
                return
            taken += len(block)
