"""A request that does not say whom it is for, or says it twice or ill, is refused before the application."""

import json
import socket

import pytest

from tests.support.live import LiveServer

WRONG = {
    "none": b"GET /api/health HTTP/1.1\r\n\r\n",
    "two": b"GET /api/health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "two in one": b"GET /api/health HTTP/1.1\r\nHost: a, b c\r\n\r\n",
    "empty": b"GET /api/health HTTP/1.1\r\nHost:\r\n\r\n",
    "ill-formed": b"GET /api/health HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "with a user": b"GET /api/health HTTP/1.1\r\nHost: user@a\r\n\r\n",
    "ill-formed in HTTP/1.0": b"GET /api/health HTTP/1.0\r\nHost: a b\r\n\r\n",
    "none, with a body": b"POST /api/v1/projects HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
}
RIGHT = {
    "one": b"GET /api/health HTTP/1.1\r\nHost: registry:8080\r\nConnection: close\r\n\r\n",
    "an address": b"GET /api/health HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n",
    "none in HTTP/1.0": b"GET /api/health HTTP/1.0\r\n\r\n",
}


def answered(server: LiveServer, request: bytes) -> tuple[bytes, bytes]:
    """Send a request and return the head and the body of what comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("request_bytes", WRONG.values(), ids=WRONG)
def test_given_a_wrong_host_then_400_in_the_envelope_and_the_connection_ends(
    server: LiveServer, request_bytes: bytes
) -> None:
    head, body = answered(server, request_bytes)

    assert head.startswith(b"HTTP/1.1 400 "), head
    assert b"connection: close" in head.lower()
    answer = json.loads(body)
    assert (answer["code"], answer["data"]) == (0, {"reason": "malformed"})


@pytest.mark.parametrize("request_bytes", RIGHT.values(), ids=RIGHT)
def test_given_a_right_host_then_it_is_answered(server: LiveServer, request_bytes: bytes) -> None:
    head, body = answered(server, request_bytes)

    assert head.split(b" ", 2)[1] == b"200", head
    assert json.loads(body)["data"]["status"] == "healthy"
