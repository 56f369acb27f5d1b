"""The side of a connection to which answers are written: what the client does not take at once is kept."""

import contextlib
import select
import socket

from wxcloudrun.kit import clock
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.web.transfer_places import SMALL_BYTES

UNSENT_BYTES = 256 * 1024  # of an answer whose length nobody knows; from then on its maker waits
LOOK_MILLISECONDS = 1000


class Outbox:
    """What gunicorn's Response takes for the socket. Head and body of a small answer go out together."""

    def __init__(self, sock: socket.socket, limits: ServingLimits) -> None:
        self._sock = sock
        self._limits = limits
        self._pieces: list[bytes] = []
        self._held = 0
        self.is_length_known = False  # then the answer is there already, and nothing is gained by waiting
        self.has_sent = False

    def sendall(self, data: bytes) -> None:
        """Take bytes; waits for the client when more and more come. Raises TimeoutError, OSError."""
        self._pieces.append(data)
        self._held += len(data)
        if self._held > UNSENT_BYTES and not self.is_length_known:
            self._wait_for_room()

    def take(self) -> tuple[bytes, bytes]:
        """Return everything that has not gone out: of much, the last block by itself, which is no copy."""
        is_long = self._held > SMALL_BYTES
        rest = self._pieces.pop() if is_long else b""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._held = [], 0
        return data, rest

    def _wait_for_room(self) -> None:
        data = memoryview(b"".join(self.take()))
        self._sock.setblocking(False)
        self.has_sent = True
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        since, taken = clock.monotonic(), 0
        while data:
            poll.poll(LOOK_MILLISECONDS)
            with contextlib.suppress(BlockingIOError):
                sent = self._sock.send(data)
                data, taken = data[sent:], taken + sent
            now = clock.monotonic()
            if taken >= self._limits.give_up_seconds * self._limits.give_up_bytes_per_second:
                since, taken = now, 0  # enough for so long; count anew
            elif data and now - since > self._limits.give_up_seconds:
                raise TimeoutError("the client takes too little")
