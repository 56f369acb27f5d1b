"""A thread that was told that the whole request is there waits for nobody, whatever the parser says."""

import logging
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from gunicorn.config import Config

from wxcloudrun.kit.errors import AppError
from wxcloudrun.serving.worker.connection import Connection
from wxcloudrun.serving.worker.exchange import Exchange, Turn
from wxcloudrun.serving.worker.limits import ServingLimits
from wxcloudrun.serving.worker.places import Places

PATIENCE_SECONDS = 60


def reading(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Read the whole body, as the service does; a refusal is an answer."""
    try:
        body = environ["wsgi.input"].read()
    except AppError as refusal:
        start(f"{refusal.status} refused", [("Content-Length", "0")])
        return []
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000 \r\n\r\nabc", b"400"),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000900000\r\n\r\nabc", b"400"),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a", b"400"),
        (b"GET / HTTP/1.1\nHost: a\n\n", b"400"),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", b"200"),
    ],
)
def test_given_a_request_that_is_not_whole_then_a_short_thread_does_not_wait(
    received: bytes, status: bytes
) -> None:
    limits = ServingLimits(idle_seconds=PATIENCE_SECONDS)
    log = logging.getLogger("test")
    exchange = Exchange(reading, Config(), log, limits, Places(limits))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = Connection(ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
        connection.gather(received)
        began = time.monotonic()
        turn = exchange.answer(connection)

    assert isinstance(turn, Turn)
    assert bytes(turn.transfer.pending).startswith(b"HTTP/1.1 " + status)
    assert time.monotonic() - began < PATIENCE_SECONDS / 2
