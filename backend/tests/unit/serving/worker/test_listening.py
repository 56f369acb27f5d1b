"""Letting clients in: the workers of one server take turns, and nobody waits for one that is away."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

import pytest

from wxcloudrun.serving.worker.accept_turns import AcceptTurns
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


def test_given_a_worker_that_leaves_a_client_to_others_when_it_stops_then_it_lets_nobody_in_any_more(
    listener: socket.socket,
) -> None:
    async def scene() -> list[Connection]:
        inside: list[Connection] = []
        turns = AcceptTurns()
        turns.note(1)
        listening = Listening([listener.dup()], inside.append, LOG, turns=turns, process=1)
        listening.start()
        await asyncio.sleep(0)  # it looks, and finds that the turn is another's
        listening.stop()
        await asyncio.sleep(0.05)
        return inside

    with ExitStack() as stack:
        connected(listener, stack)

        assert asyncio.run(scene()) == []
