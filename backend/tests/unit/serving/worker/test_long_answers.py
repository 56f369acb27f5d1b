"""Answers that lie in memory: whatever their size, no thread waits until their client has taken them."""

import asyncio
import logging
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config

from tests.support.raw_http import body_of
from wxcloudrun.kit.errors import Busy
from wxcloudrun.kit.texts import text
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.exchange import Exchange, Turn
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.places import DOWN, Places
from wxcloudrun.serving.worker.serving import Serving
from wxcloudrun.serving.worker.transfers import Transfer, TransferLoop
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.outgoing import FileBody, MemoryBody, ObjectRange, StoreBody
from wxcloudrun.stores.blobs.port import StoreUnavailable

LARGE = bytes(range(256)) * 16_000  # 4 MB: more than two sockets hold here
SEGMENT_BYTES = 1460  # as in a network; loopback takes 64 KiB at once
WAIT_SECONDS = 20
REQUEST = b"%s / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection of a telephone: the service's end, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.socket()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        theirs.settimeout(WAIT_SECONDS)
        theirs.connect(listener.getsockname())
        ours = listener.accept()[0]
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def loop() -> Iterator[TransferLoop]:
    """A loop that carries transfers."""
    running = TransferLoop(ServingLimits())
    running.start()
    yield running
    running.stop()


def answering(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer bytes that are there."""
    start("200 OK", [("Content-Length", str(len(LARGE)))])
    return [LARGE]


def turn_of(ours: socket.socket, places: Places, method: bytes = b"GET") -> Turn:
    """Let the exchange answer a request; the client reads nothing."""
    exchange = Exchange(answering, Config(), logging.getLogger("test"), ServingLimits(), places)
    connection = Connection(ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
    connection.gather(REQUEST % method)
    turn = exchange.answer(connection)
    assert isinstance(turn, Turn)
    return turn


def test_given_a_client_that_reads_slowly_then_the_thread_is_free_and_the_loop_sends_the_rest(
    pair: tuple[socket.socket, socket.socket], loop: TransferLoop
) -> None:
    ours, theirs = pair
    began = time.monotonic()
    transfer = turn_of(ours, Places(ServingLimits())).transfer
    transfer.sprint(lambda: False)
    assert time.monotonic() - began < WAIT_SECONDS / 2
    assert not transfer.is_complete
    done = loop.begin(transfer)
    body = body_of(theirs, len(LARGE))

    assert done.result(WAIT_SECONDS)
    assert body == LARGE


def test_given_a_long_answer_then_it_is_not_copied_for_each_client(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    body = turn_of(pair[0], Places(ServingLimits())).transfer.body

    assert isinstance(body, MemoryBody)
    assert body.block is LARGE


@pytest.mark.parametrize(("method", "status"), [(b"GET", b"503"), (b"POST", b"200")])
def test_given_no_place_then_a_long_answer_is_refused_unless_something_was_done_for_it(
    pair: tuple[socket.socket, socket.socket], method: bytes, status: bytes
) -> None:
    places = Places(ServingLimits(downloads=1))
    turn_of(pair[0], places).transfer.finish()
    held = turn_of(pair[0], places).transfer
    with pytest.raises(Busy):
        places.take(DOWN, "other")

    assert bytes(turn_of(pair[0], places, method).transfer.pending).startswith(b"HTTP/1.1 " + status)
    held.finish()
    places.take(DOWN, "other").give_back()


def test_given_a_client_that_resets_before_the_first_byte_then_nothing_is_logged_with_a_trace(
    pair: tuple[socket.socket, socket.socket],
    loop: TransferLoop,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours, theirs = pair
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    time.sleep(0.05)
    transfer = Transfer(ours, b"", FileBody(path.open("rb"), 0, len(LARGE)), lambda: None)

    assert loop.begin(transfer).result(WAIT_SECONDS) is False
    assert "never retrieved" not in caplog.text
    assert "Traceback" not in caplog.text


def test_given_a_connection_that_is_closed_under_a_transfer_then_it_ends_with_a_line(
    pair: tuple[socket.socket, socket.socket], loop: TransferLoop, caplog: pytest.LogCaptureFixture
) -> None:
    ours, _ = pair
    os.close(ours.detach())
    transfer = Transfer(ours, b"", MemoryBody(LARGE), lambda: None)

    assert loop.begin(transfer).result(WAIT_SECONDS) is False
    assert "never retrieved" not in caplog.text


class Failing(LocalBlobStore):
    """A store that is lost after the first block."""

    def read(self, *_args: Any, **_options: Any) -> Iterator[bytes]:
        """Yield one block, and fail."""
        yield b"x"
        raise StoreUnavailable(text("the store does not answer"))


def test_given_a_store_that_is_lost_between_two_blocks_then_the_answer_is_cut_and_a_line_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def application(_environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        start("200 OK", [("Content-Length", "10")])
        return StoreBody(Failing(tmp_path), ObjectRange("ab" * 16, 10, 0, 10))

    async def scene() -> bytes:
        told: list[bool] = []
        log = logging.getLogger("test")
        serving = Serving(application, Config(), log, ServingLimits(), lambda: not told, re.compile(""))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            running = asyncio.create_task(serving.serve([listener]))
            reader, writer = await asyncio.open_connection(*address)
            writer.write(REQUEST % b"GET")
            received = await reader.read()
            writer.close()
            told.append(True)
            serving.stop()
            await running
        return received

    received = asyncio.run(scene())

    assert received.partition(b"\r\n\r\n")[2] == b"x"
    assert [each.getMessage() for each in caplog.records if each.levelname != "DEBUG"] == ["transfer_failed"]
    assert "Traceback" not in caplog.text
