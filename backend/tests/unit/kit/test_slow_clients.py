"""A client may be slow, but not hold a thread for ever with a byte now and then."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wxcloudrun.kit.web import gunicorn_worker
from wxcloudrun.kit.web.gunicorn_worker import PacedSocket

LEAST, PATIENCE_SECONDS = 1000, 0.4


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PacedSocket, socket.socket]]:
    """The service's end of a connection, which is patient for less than half a second, and the client's."""
    monkeypatch.setattr(gunicorn_worker, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(gunicorn_worker, "LEAST_BYTES_PER_SECOND", LEAST)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        yield PacedSocket(ours), theirs


def sending(theirs: socket.socket, block: bytes, *, every_seconds: float, enough: threading.Event) -> None:
    """Send a block now and then until it is enough or nobody listens."""
    with suppress(OSError):
        while not enough.wait(every_seconds):
            theirs.sendall(block)


def received(ours: PacedSocket, theirs: socket.socket, block: bytes, size_bytes: int) -> int:
    """Receive so much of what a client sends in small blocks; return how much came."""
    enough = threading.Event()
    client = threading.Thread(
        target=sending, args=(theirs, block), kwargs={"every_seconds": 0.02, "enough": enough}
    )
    client.start()
    count = 0
    try:
        while count < size_bytes:
            count += len(ours.recv(65536))
    finally:
        enough.set()
        client.join()
    return count


def test_given_a_byte_now_and_then_then_the_client_is_given_up(
    pair: tuple[PacedSocket, socket.socket],
) -> None:
    with pytest.raises(TimeoutError, match="too slowly"):
        received(*pair, b"x", 10_000)


def test_given_a_slow_client_that_goes_on_sending_then_it_is_waited_for(
    pair: tuple[PacedSocket, socket.socket],
) -> None:
    # Ten times the least rate, so that a busy machine does not make it too slow.
    assert received(*pair, b"x" * 1000, 60_000) >= 60_000


def test_given_a_service_that_is_slow_itself_then_its_time_does_not_count(
    pair: tuple[PacedSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    now = 0.0
    monkeypatch.setattr(gunicorn_worker.clock, "monotonic", lambda: now)
    for _ in range(5):
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        now += 100.0
