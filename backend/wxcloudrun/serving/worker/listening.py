"""Letting clients in."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from wxcloudrun.serving.worker.accept_turns import LOOK_SECONDS, AcceptTurns
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.transfers import bound_unsent

BREATH_SECONDS = 0.2  # without a free file descriptor nobody is let in for so long
OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listening:
    """Accepts connections, in turn with the other workers if there are `turns`. Used from one event loop."""

    def __init__(
        self,
        listeners: Sequence[Any],
        enter: Callable[[Connection], None],
        log: Any,
        *,
        turns: AcceptTurns | None = None,
        process: int = 0,
    ) -> None:
        """`process` is the one that takes its turn."""
        self._listeners = listeners
        self._turns = turns
        self._process = process
        self._enter = enter
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._has_stopped = False

    def start(self) -> None:
        """Begin to let clients in."""
        for listener in self._listeners:
            listener.setblocking(False)
            bound_unsent(listener)
            self._watch(listener)

    def stop(self) -> None:
        """Let nobody in any more."""
        self._has_stopped = True
        for listener in self._listeners:
            self._loop.remove_reader(listener)
            listener.close()

    def _watch(self, listener: Any) -> None:
        """Look when somebody comes."""
        if not self._has_stopped:
            self._loop.add_reader(listener, self._look, listener)

    def _look(self, listener: Any, looks: int = 0) -> None:
        """Let one client in if it is this worker's turn. `looks`: how often it has found that it was not."""
        if self._has_stopped:
            return
        if self._turns is not None and self._turns.is_for_others(self._process, looks):
            self._rest(listener, LOOK_SECONDS, partial(self._look, listener, looks + 1))
            return
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in OUT_OF_FILES:
                self._log.warning("no more connections: %s", error.strerror)
                self._rest(listener, BREATH_SECONDS, partial(self._watch, listener))
                return
        else:
            if self._turns is not None:
                self._turns.note(self._process)
            self._enter(Connection(sock, address, listener.getsockname()))
        if looks:
            self._watch(listener)

    def _rest(self, listener: Any, seconds: float, go_on: Callable[[], None]) -> None:
        """Look away for so long."""
        self._loop.remove_reader(listener)
        self._loop.call_later(seconds, go_on)
