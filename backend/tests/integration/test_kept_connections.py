"""A thread stays with a connection whose requests follow each other, and nobody else has to wait for that."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.live import LiveServer, live_server

# A question for one of the threads that everybody shares; health has one of its own.
PATH = "/api/v1/auth/me"
UNKNOWN = b'{"code":0,"data":{"reason":"unauthorized"}'
ONE_THREAD = {"WORKERS": "1", "THREADS": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that can do one thing at a time."""
    with live_server(Path(tmp_path_factory.mktemp("kept")), **ONE_THREAD) as started:
        yield started


def ask(connection: HTTPConnection) -> bytes:
    """Ask once and leave the connection open."""
    connection.request("GET", PATH)
    return connection.getresponse().read()[: len(UNKNOWN)]


def test_given_a_client_that_never_pauses_then_others_are_answered_meanwhile(server: LiveServer) -> None:
    enough, answers = threading.Event(), [0]

    def never_pausing() -> None:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
            while not enough.is_set():
                assert ask(connection) == UNKNOWN
                answers[0] += 1

    client = threading.Thread(target=never_pausing)
    client.start()
    try:
        with ExitStack() as stack:
            for _ in range(20):
                other = stack.enter_context(closing(HTTPConnection("127.0.0.1", server.port, timeout=20)))
                assert ask(other) == UNKNOWN
                assert ask(other) == UNKNOWN
    finally:
        enough.set()
        client.join()

    assert answers[0] > 0


def test_given_a_connection_that_falls_silent_then_it_holds_no_thread(server: LiveServer) -> None:
    with (
        closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as silent,
        closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as other,
    ):
        assert ask(silent) == UNKNOWN
        assert ask(other) == UNKNOWN
        assert ask(silent) == UNKNOWN


def test_given_requests_that_come_in_one_packet_then_each_is_answered_in_turn(server: LiveServer) -> None:
    first = f"GET {PATH} HTTP/1.1\r\nHost: here\r\n\r\n".encode()
    last = f"GET {PATH} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(first + first + last)
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert received.count(UNKNOWN) == 3
    assert received.count(b"HTTP/1.1 401 ") == 3
