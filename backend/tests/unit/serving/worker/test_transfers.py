"""Bodies that leave: by the thread while the client keeps up, else by the loop; whole, or not at all."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw_http import received_bytes
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.stalls import taken_bytes
from wxcloudrun.serving.worker.transfers import Transfer, TransferLoop
from wxcloudrun.serving.worker.windows import WINDOW_BYTES
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.outgoing import FileBody, ObjectRange, Outgoing, StoreBody

KEY = "ab" * 16
DATA = bytes(range(256)) * 16_000  # 4 MB: more than two sockets hold here
HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
GIVE_UP_SECONDS = 1.0
WAIT_SECONDS = 20


class OnlyOneReader(LocalBlobStore):
    """A store that gives no files, and counts its reads."""

    reads = 0

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Count."""
        self.reads += 1
        return super().read(key, start=start, length=length, size_bytes=size_bytes)


@pytest.fixture
def store(tmp_path: Path) -> OnlyOneReader:
    """A store with one object."""
    filled = OnlyOneReader(tmp_path)
    filled.write(KEY, [DATA])
    return filled


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection with little room: the service's end, and the client's."""
    with contextlib.ExitStack() as stack:
        yield connected(stack)


def connected(stack: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    """Connect two sockets with little room."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.socket()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        theirs.settimeout(WAIT_SECONDS)
        theirs.connect(listener.getsockname())
        ours = listener.accept()[0]
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    return stack.enter_context(ours), stack.enter_context(theirs)


@pytest.fixture
def loop() -> Iterator[TransferLoop]:
    """A loop that is patient for a second."""
    running = TransferLoop(ServingLimits(give_up_seconds=GIVE_UP_SECONDS, give_up_bytes_per_second=1000))
    running.start()
    yield running
    running.stop()


@contextlib.contextmanager
def being_read(theirs: socket.socket) -> Iterator[list[bytes]]:
    """Let a client read until the end, and give what it has read when it has."""
    received: list[bytes] = []
    client = threading.Thread(target=lambda: received.extend(iter(lambda: theirs.recv(65_536), b"")))
    client.start()
    try:
        yield received
    finally:
        client.join(WAIT_SECONDS)


def body_of(kind: str, store: OnlyOneReader, start: int = 0, length: int = len(DATA)) -> Outgoing:
    """Open a part of the object, as a file or through the store."""
    if kind == "file":
        return FileBody(store.open_file(KEY), start, length)
    return StoreBody(store, ObjectRange(KEY, len(DATA), start, length))


@pytest.mark.parametrize("kind", ["file", "store"])
@pytest.mark.parametrize(("start", "length"), [(0, len(DATA)), (1_000_001, 2_000_000)])
def test_given_a_client_without_room_then_the_loop_sends_the_rest(
    store: OnlyOneReader,
    pair: tuple[socket.socket, socket.socket],
    loop: TransferLoop,
    kind: str,
    start: int,
    length: int,
) -> None:
    ours, theirs = pair
    finished = threading.Event()
    counted: list[int] = []
    body = body_of(kind, store, start, length)
    body.note_sent = counted.append
    transfer = Transfer(ours, HEAD, body, finished.set)

    transfer.sprint(lambda: False)
    assert not transfer.is_complete
    assert not finished.is_set()
    done = loop.begin(transfer)
    received = received_bytes(theirs, len(HEAD) + length)

    assert done.result(WAIT_SECONDS)
    assert received == HEAD + DATA[start : start + length]
    assert sum(counted) == length
    assert finished.is_set()


def test_given_a_client_that_keeps_up_then_the_thread_sends_everything(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    with being_read(theirs) as received:
        transfer = Transfer(ours, HEAD, body_of("file", store), lambda: None)
        for _ in range(1000):  # a busy machine may keep the client from reading for a moment
            transfer.sprint(lambda: False)
            if transfer.is_complete:
                break
            transfer.finish()
            sent = transfer.sent
            transfer = Transfer(ours, b"", body_of("file", store, sent, len(DATA) - sent), lambda: None)
        transfer.finish()
        ours.shutdown(socket.SHUT_WR)

    assert b"".join(received) == HEAD + DATA


def test_given_others_who_wait_then_the_thread_is_free_after_one_block(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    with being_read(theirs):
        transfer = Transfer(ours, HEAD, body_of("file", store), lambda: None)
        transfer.sprint(lambda: True)
        transfer.finish()
        ours.shutdown(socket.SHUT_WR)

    assert transfer.sent <= 512 * 1024
    assert not transfer.is_complete


@pytest.mark.parametrize("kind", ["file", "store"])
def test_given_a_client_that_takes_nothing_then_it_is_given_up_and_everything_is_let_go(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket], loop: TransferLoop, kind: str
) -> None:
    ours, theirs = pair
    finished = threading.Event()
    body = body_of(kind, store)
    transfer = Transfer(ours, HEAD, body, finished.set)
    transfer.sprint(lambda: False)

    assert loop.begin(transfer).result(WAIT_SECONDS) is False

    assert finished.is_set()
    assert not isinstance(body, FileBody) or body.file.closed
    assert theirs.fileno() > 0


def test_given_a_client_that_has_gone_then_the_transfer_ends(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket], loop: TransferLoop
) -> None:
    ours, theirs = pair
    transfer = Transfer(ours, HEAD, body_of("file", store), lambda: None)
    transfer.sprint(lambda: False)
    done = loop.begin(transfer)

    theirs.close()

    assert done.result(WAIT_SECONDS) is False


def test_given_an_object_that_is_lost_on_the_way_then_the_answer_is_cut(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket], loop: TransferLoop
) -> None:
    ours, theirs = pair
    transfer = Transfer(ours, HEAD, body_of("store", store), lambda: None)
    transfer.sprint(lambda: False)
    store.delete(KEY)

    with being_read(theirs):
        assert loop.begin(transfer).result(WAIT_SECONDS) is False
        ours.shutdown(socket.SHUT_WR)


def test_given_a_slow_client_of_a_store_then_no_read_stays_open_for_it(
    store: OnlyOneReader, pair: tuple[socket.socket, socket.socket], loop: TransferLoop
) -> None:
    ours, theirs = pair
    transfer = Transfer(ours, HEAD, body_of("store", store), lambda: None)
    transfer.sprint(lambda: False)
    assert store.reads == 1
    done = loop.begin(transfer)
    time.sleep(0.2)
    reads = store.reads
    assert reads <= 4, "nothing is read for a client without room"
    received_bytes(theirs, len(HEAD) + len(DATA))

    assert done.result(WAIT_SECONDS)
    assert store.reads > reads


def test_given_two_slow_clients_of_one_object_then_it_is_read_once_for_both(
    store: OnlyOneReader, loop: TransferLoop
) -> None:
    with contextlib.ExitStack() as stack:
        pairs = [connected(stack) for _ in range(2)]
        transfers = [Transfer(ours, HEAD, body_of("store", store), lambda: None) for ours, _ in pairs]
        for each in transfers:
            each.sprint(lambda: True)  # others want the thread
        opened = store.reads
        done = [loop.begin(each) for each in transfers]
        received = [bytearray(), bytearray()]
        while len(received[1]) < len(HEAD) + len(DATA):
            for (_, theirs), so_far in zip(pairs, received, strict=True):
                left = len(HEAD) + len(DATA) - len(so_far)
                so_far.extend(received_bytes(theirs, min(10_000, left)))
            time.sleep(0.001)

        assert all(each.result(WAIT_SECONDS) for each in done)
    assert received == [HEAD + DATA] * 2
    windows = len(DATA) // WINDOW_BYTES + 2
    assert store.reads - opened < 1.5 * windows


def test_given_what_the_client_has_read_then_that_is_what_it_has_taken(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    ours.sendall(b"x" * 1000)
    assert theirs.recv(2000)
    deadline = time.monotonic() + WAIT_SECONDS
    while taken_bytes(ours) != 1000 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert taken_bytes(ours) == 1000
