"""Sockets of clients that send a little now and then, looked at together some times a second.

Each of their bytes would wake the loop by itself, and whoever wakes takes the interpreter from a thread that
works.
"""

import asyncio
import select
import socket
from collections.abc import Callable

LOOK_SECONDS = 0.05


class Tricklers:
    """Used from one event loop."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._looks: dict[int, Callable[[], None]] = {}
        self._is_due = False

    def add(self, sock: socket.socket, look: Callable[[], None]) -> None:
        """Call `look` within a moment of something having come, again and again."""
        self._epoll.register(sock, select.EPOLLIN)
        self._looks[sock.fileno()] = look
        self._look_again()

    def remove(self, sock: socket.socket) -> None:
        """Look at that one no more, if it is one of them; it must still be open."""
        if self._looks.pop(sock.fileno(), None) is not None:
            self._epoll.unregister(sock)

    def _look_again(self) -> None:
        if self._looks and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._is_due = False
        for descriptor, _ in self._epoll.poll(0):
            look = self._looks.get(descriptor)
            if look is not None:
                look()
        self._look_again()
