"""Requests that are gathered: whoever holds most of the memory for them makes room, and nobody else."""

import asyncio
import contextlib
import socket

import pytest

from wxcloudrun.kit.errors import Busy, TimedOut
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.framing import Need
from wxcloudrun.serving.worker.gathering import LITTLE_BYTES, Gathering
from wxcloudrun.serving.worker.limits import ServingLimits

KIB = 1024
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 60000\r\n\r\n"
GET = b"GET /api/health HTTP/1.1\r\nHost: here\r\n\r\n"


class Client:
    """A connection: both ends of it."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        ours, self.theirs = socket.socketpair()
        stack.enter_context(ours)
        stack.enter_context(self.theirs)
        self.connection = Connection(ours, ("127.0.0.1", 1), ("127.0.0.1", 2))


def test_given_too_much_in_all_then_whoever_holds_most_is_refused_and_a_newcomer_is_not() -> None:
    async def scene() -> None:
        gathering = Gathering(ServingLimits(), most_bytes=64 * KIB)
        with contextlib.ExitStack() as stack:
            small, large, newcomer = (Client(stack) for _ in range(3))
            tasks = [asyncio.create_task(gathering.request(each.connection)) for each in (small, large)]
            small.theirs.sendall(POST + b"s" * 20 * KIB)
            large.theirs.sendall(POST + b"l" * 40 * KIB)
            await asyncio.sleep(0.1)
            assert not any(each.done() for each in tasks)

            small.theirs.sendall(b"s" * 6 * KIB)
            with pytest.raises(Busy):
                await tasks[1]
            newcomer.theirs.sendall(GET)
            assert await gathering.request(newcomer.connection) is Need.THREAD

            small.theirs.sendall(b"s" * (60_000 - 26 * KIB))
            assert await tasks[0] is Need.THREAD

    asyncio.run(scene())


def test_given_the_one_that_holds_most_sends_more_then_it_is_refused_itself() -> None:
    async def scene() -> None:
        gathering = Gathering(ServingLimits(), most_bytes=30 * KIB)
        with contextlib.ExitStack() as stack:
            large = Client(stack)
            large.theirs.sendall(POST + b"l" * 40 * KIB)
            with pytest.raises(Busy):
                await gathering.request(large.connection)
            little = Client(stack)
            little.theirs.sendall(GET[:-1])
            waiting = asyncio.create_task(gathering.request(little.connection))
            await asyncio.sleep(0.05)
            little.theirs.sendall(GET[-1:])
            assert await waiting is Need.THREAD, "nothing is held any more"

    asyncio.run(scene())


def test_given_many_that_hold_little_then_none_of_them_is_refused() -> None:
    async def scene() -> None:
        gathering = Gathering(ServingLimits(header_seconds=0.5), most_bytes=4 * KIB)
        with contextlib.ExitStack() as stack:
            many = [Client(stack) for _ in range(10)]
            tasks = [asyncio.create_task(gathering.request(each.connection)) for each in many]
            for each in many:
                each.theirs.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (LITTLE_BYTES // 8))
            said = await asyncio.gather(*tasks, return_exceptions=True)

        assert [type(each) for each in said] == [TimedOut] * 10

    asyncio.run(scene())
