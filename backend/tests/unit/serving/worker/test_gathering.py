"""Requests that are gathered: whoever holds most of the memory for them makes room, and nobody else."""

import asyncio
import contextlib
import socket
import time

import pytest

from wxcloudrun.kit.errors import Busy, TimedOut
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.framing import Need
from wxcloudrun.serving.worker.gathering import LITTLE_BYTES, SLOW_SECONDS, Gathering
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.tricklers import LOOK_SECONDS, Tricklers

KIB = 1024
POST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 60000\r\n\r\n"
GET = b"GET /api/health HTTP/1.1\r\nHost: here\r\n\r\n"


class BothEnds:
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
            small, large, newcomer = (BothEnds(stack) for _ in range(3))
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
            large = BothEnds(stack)
            large.theirs.sendall(POST + b"l" * 40 * KIB)
            with pytest.raises(Busy):
                await gathering.request(large.connection)
            little = BothEnds(stack)
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
            many = [BothEnds(stack) for _ in range(10)]
            tasks = [asyncio.create_task(gathering.request(each.connection)) for each in many]
            for each in many:
                each.theirs.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (LITTLE_BYTES // 8))
            said = await asyncio.gather(*tasks, return_exceptions=True)

        assert [type(each) for each in said] == [TimedOut] * 10

    asyncio.run(scene())


def test_given_a_head_in_pieces_with_pauses_then_it_is_gathered_and_its_end_is_heard() -> None:
    async def scene() -> None:
        gathering = Gathering(ServingLimits())
        with contextlib.ExitStack() as stack:
            slow, gone = BothEnds(stack), BothEnds(stack)
            tasks = [asyncio.create_task(gathering.request(each.connection)) for each in (slow, gone)]
            for piece in (GET[:1], GET[1:2], GET[2:3]):
                slow.theirs.sendall(piece)
                gone.theirs.sendall(piece)
                await asyncio.sleep(SLOW_SECONDS * 1.2)
            assert not any(each.done() for each in tasks)

            slow.theirs.sendall(GET[3:])
            gone.theirs.close()

            assert await asyncio.wait_for(tasks[0], 5) is Need.THREAD
            assert await asyncio.wait_for(tasks[1], 5) is None
            assert bytes(slow.connection.received) == GET

    asyncio.run(scene())


def test_given_many_bytes_of_one_who_trickles_then_they_are_looked_at_together() -> None:
    async def scene() -> None:
        tricklers, looks = Tricklers(), []
        with contextlib.ExitStack() as stack:
            client = BothEnds(stack)
            tricklers.add(client.connection.sock, lambda: looks.append(client.connection.sock.recv(1000)))
            began = time.monotonic()
            for _ in range(20):
                client.theirs.sendall(b"G")
                await asyncio.sleep(0.01)
            await asyncio.sleep(LOOK_SECONDS * 2)
            took = time.monotonic() - began
            tricklers.remove(client.connection.sock)
            client.theirs.sendall(b"G")
            await asyncio.sleep(LOOK_SECONDS * 2)

        assert b"".join(looks) == b"G" * 20
        assert len(looks) <= took / LOOK_SECONDS + 1

    asyncio.run(scene())
