"""Letting clients in: the workers of one server take turns, and nobody waits for one that is away."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

import pytest

from wxcloudrun.serving.worker.accept_turns import LOOK_SECONDS, AcceptTurns
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.listening import Listening

CLIENTS = 10
WAIT_SECONDS = 10
LOG = logging.getLogger("test")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A place where clients can connect."""
    with socket.create_server(("127.0.0.1", 0), backlog=CLIENTS * 2) as opened:
        yield opened


class ListeningWorkers:
    """Some that listen at the same place, and how many clients each has let in."""

    def __init__(self, listener: socket.socket, count: int) -> None:
        self._everybody_is_in = asyncio.Event()
        self.let_in = [0] * count
        turns = AcceptTurns()
        self._listenings = [
            Listening([listener.dup()], partial(self._enter, number), LOG, turns=turns, process=number + 1)
            for number in range(count)
        ]

    def _enter(self, number: int, connection: Connection) -> None:
        connection.sock.close()
        self.let_in[number] += 1
        if sum(self.let_in) == CLIENTS:
            self._everybody_is_in.set()

    async def work(self) -> list[int]:
        """Let everybody in."""
        for listening in self._listenings:
            listening.start()
        await asyncio.wait_for(self._everybody_is_in.wait(), WAIT_SECONDS)
        for listening in self._listenings:
            listening.stop()
        return self.let_in


def connected(listener: socket.socket, stack: ExitStack) -> None:
    """Let all clients connect before anybody looks."""
    for _ in range(CLIENTS):
        stack.enter_context(closing(socket.create_connection(listener.getsockname())))


@pytest.mark.parametrize("workers", [2, 5])
def test_given_clients_that_connect_together_then_each_worker_lets_in_as_many(
    listener: socket.socket, workers: int
) -> None:
    async def scene() -> list[int]:
        return await ListeningWorkers(listener, workers).work()

    with ExitStack() as stack:
        connected(listener, stack)
        let_in = asyncio.run(scene())

    assert max(let_in) <= CLIENTS // 2
    assert sum(let_in) == CLIENTS


def test_given_other_workers_that_are_away_then_one_lets_everybody_in(listener: socket.socket) -> None:
    async def scene() -> list[int]:
        return await ListeningWorkers(listener, 1).work()

    with ExitStack() as stack:
        connected(listener, stack)

        assert asyncio.run(scene()) == [CLIENTS]


class AskedTurns(AcceptTurns):
    """Turns that tell when somebody has asked whose it is."""

    def __init__(self) -> None:
        super().__init__()
        self.were_asked = asyncio.Event()

    def is_for_others(self, process: int, looks: int) -> bool:
        """Answer as ever."""
        self.were_asked.set()
        return super().is_for_others(process, looks)


def test_given_a_worker_that_leaves_a_client_to_others_when_it_stops_then_it_looks_no_more(
    listener: socket.socket,
) -> None:
    async def scene() -> tuple[list[Connection], list[object]]:
        inside: list[Connection] = []
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))
        turns = AskedTurns()
        turns.note(1)
        listening = Listening([listener.dup()], inside.append, LOG, turns=turns, process=1)
        listening.start()
        await turns.were_asked.wait()
        listening.stop()
        await asyncio.sleep(LOOK_SECONDS)  # its next look was to come before this is over
        return inside, failures

    with ExitStack() as stack:
        connected(listener, stack)

        assert asyncio.run(scene()) == ([], [])
