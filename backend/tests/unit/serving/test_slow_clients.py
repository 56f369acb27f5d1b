"""A client may be slow, but not hold a thread for ever with a byte now and then."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wxcloudrun.kit import clock
from wxcloudrun.serving.worker import body
from wxcloudrun.serving.worker.body import PacedSocket
from wxcloudrun.serving.worker.limits import ServingLimits

LEAST, PATIENCE_SECONDS = 1000, 0.4


@pytest.fixture
def pair() -> Iterator[tuple[PacedSocket, socket.socket]]:
    """The service's end of a connection, which is patient for less than half a second, and the client's."""
    limits = ServingLimits(give_up_seconds=PATIENCE_SECONDS, give_up_bytes_per_second=LEAST)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        yield PacedSocket(ours, limits), theirs


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
    try:
        return taken(ours, size_bytes)
    finally:
        enough.set()
        client.join()


def taken(ours: PacedSocket, size_bytes: int) -> int:
    """Receive so much or a little more; return how much came."""
    count = 0
    while count < size_bytes:
        block = ours.recv(65_536)
        assert block, f"the connection ended after {count} bytes"
        count += len(block)
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
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    for _ in range(5):
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        now += 100.0


def test_given_a_client_that_was_fast_before_then_it_may_not_live_on_that(
    pair: tuple[PacedSocket, socket.socket],
) -> None:
    ours, theirs = pair
    for _ in range(4):
        theirs.sendall(b"x" * 50_000)
        taken(ours, 50_000)

    with pytest.raises(TimeoutError, match="too slowly"):
        received(ours, theirs, b"x", 10_000)


def test_given_a_slow_body_then_few_blocks_are_taken_and_the_end_is_not_waited_for() -> None:
    data = bytes(range(256)) * 800
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours = listener.accept()[0]
    with ours, theirs:
        ours.settimeout(20)
        paced, blocks = PacedSocket(ours, ServingLimits()), list[bytes]()
        client = threading.Thread(target=in_pieces, args=(theirs, data))
        client.start()
        while (taken_bytes := sum(map(len, blocks))) < len(data):
            blocks.append(paced.recv_of(len(data) - taken_bytes, 1024 * 1024))
        client.join()

    assert b"".join(blocks) == data
    assert len(blocks) < 20, "the client has sent a hundred"


def in_pieces(theirs: socket.socket, data: bytes) -> None:
    """Send data in a hundred pieces, with a pause after each."""
    for start in range(0, len(data), len(data) // 100):
        theirs.sendall(data[start : start + len(data) // 100])
        time.sleep(0.02)


def test_given_a_silent_client_in_the_midst_of_a_slow_body_then_what_has_come_is_taken_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body, "LOOK_SECONDS", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        paced = PacedSocket(ours, ServingLimits(idle_seconds=0.5))
        later = threading.Timer(0.1, theirs.sendall, args=(b"first",))
        later.start()
        assert paced.recv_of(1000, 1000) == b"first"
        theirs.sendall(b"second")
        assert paced.recv_of(995, 1000) == b"second"
        with pytest.raises(TimeoutError, match="silent"):
            paced.recv_of(989, 1000)
        later.join()


def test_given_a_body_that_is_no_upload_then_it_has_one_deadline_however_steadily_it_comes() -> None:
    limits = ServingLimits(body_seconds=PATIENCE_SECONDS, give_up_seconds=60)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        paced = PacedSocket(ours, limits)
        paced.hasten()
        with pytest.raises(TimeoutError):
            received(paced, theirs, b"x" * 1000, 10_000_000)
