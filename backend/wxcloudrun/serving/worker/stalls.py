"""Giving up clients that take too little of what is sent to them."""

import asyncio
import socket
import struct

from wxcloudrun.kit import clock
from wxcloudrun.serving.worker.limits import ServingLimits

LOOKS = 12  # at a client, within the time after which it is given up
BYTES_ACKED = struct.Struct("120xQ")  # of struct tcp_info in linux/tcp.h


class Watched:
    """A task that sends to a client, and what the client had taken when it last had taken enough."""

    __slots__ = ("mark", "since", "sock", "task")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.task = asyncio.current_task()
        self.since, self.mark = clock.monotonic(), taken_bytes(sock)


class Stalls:
    """Looks at all clients of one event loop at once: a timer for each would wake it for each."""

    def __init__(self, limits: ServingLimits) -> None:
        self._give_up_seconds = limits.give_up_seconds
        self._least = limits.give_up_bytes_per_second * limits.give_up_seconds
        self._watched: set[Watched] = set()
        self._is_due = False

    def watch(self, sock: socket.socket) -> Watched:
        """Until `leave`, cancel the running task if its client takes too little (see ServingLimits)."""
        watched = Watched(sock)
        self._watched.add(watched)
        self._look_again()
        return watched

    def leave(self, watched: Watched) -> None:
        """Look at that one no more."""
        self._watched.discard(watched)

    def _look_again(self) -> None:
        if self._watched and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(self._give_up_seconds / LOOKS, self._look)

    def _look(self) -> None:
        self._is_due = False
        now = clock.monotonic()
        for each in self._watched:
            taken = taken_bytes(each.sock)
            if taken - each.mark >= self._least:
                each.since, each.mark = now, taken
            elif now - each.since > self._give_up_seconds and each.task is not None:
                each.task.cancel()
        self._look_again()


def taken_bytes(sock: socket.socket) -> int:
    """Return how many bytes the client's side has acknowledged on this connection; 0 once it has closed."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_ACKED.size)
    except OSError:
        return 0
    acknowledged: int = BYTES_ACKED.unpack(info)[0]
    return acknowledged
