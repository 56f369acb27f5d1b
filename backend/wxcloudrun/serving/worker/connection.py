"""One client's connection, and what has come over it that no request has taken yet."""

import select
import socket
from typing import Any

from gunicorn.http.parser import RequestParser

from wxcloudrun.serving.worker.body import PacedSocket
from wxcloudrun.serving.worker.framing import Incoming, Need

RECEIVE_BYTES = 64 * 1024
NEXT_REQUEST_MILLISECONDS = 2


class Connection:
    """Owned by one at a time: the coroutine that attends it, a thread, or the loop of transfers."""

    def __init__(self, sock: socket.socket, address: Any, server: Any) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.address = address
        self.server = server
        self.received = bytearray()
        self.has_ended = False  # the client sends nothing more
        self.has_served = False  # a request before
        self.arrived_at = 0.0  # when the last request was there
        self._parser: RequestParser | None = None
        self._incoming = Incoming()

    @property
    def host(self) -> str:
        """The address of who has connected; over a Unix socket there is none."""
        return str(self.address[0]) if isinstance(self.address, tuple) and self.address else ""

    def need(self) -> Need:
        """Tell what is missing of the next request."""
        return self._incoming.need(self.received)

    def parser(self, cfg: Any, sock: PacedSocket) -> RequestParser:
        """Return gunicorn's parser, which finds what has been gathered and then reads from `sock`."""
        if self._parser is None:
            self._parser = RequestParser(cfg, sock, self.address)
        unreader = self._parser.unreader
        unreader.sock = sock
        unreader.unread(bytes(self.received))
        self.received.clear()
        self._incoming = Incoming()
        return self._parser

    def take_back(self) -> None:
        """Gather what the parser has read of the next request."""
        if self._parser is not None:
            self.received += self._parser.unreader.take_buffered()

    def has_more(self) -> bool:
        """Wait for more, for no longer than a newcomer may be kept waiting, and gather it."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if not poll.poll(NEXT_REQUEST_MILLISECONDS):
            return False
        self.gather(self.sock.recv(RECEIVE_BYTES))
        return True

    def gather(self, block: bytes) -> None:
        """Keep what has come; nothing means the end."""
        self.received += block
        self.has_ended = not block
