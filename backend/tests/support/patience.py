"""Clients that are slow, silent or too many, and a service with two threads and little patience."""

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.support.builders import content
from tests.support.client import ApiClient
from tests.support.exposition import scraped
from tests.support.live import LiveServer

MIB = 1024 * 1024
LARGE = content(8 * MIB, seed=13)  # more than the buffers of two sockets hold
SECONDS = 3
SETTINGS = {
    "WORKERS": "1",
    "THREADS": "2",
    "HEADER_SECONDS": str(SECONDS),
    "BODY_SECONDS": str(SECONDS),
    "IDLE_SECONDS": str(SECONDS),
    "GIVE_UP_SECONDS": str(SECONDS),
    "GRACEFUL_SECONDS": "20",
    "UPLOADS_PER_WORKER": "6",
    "DOWNLOADS_PER_WORKER": "40",
    "DOWNLOADS_PER_CLIENT": "30",
    "METRICS_TOKEN": "a-token-for-the-tests",
}
SOON = SECONDS * 5  # the machine may be busy
CROWD = 4 * 2  # four times all threads

UPLOAD, DOWNLOAD = "/api/v1/project/mine/app/upload/x.bin", "/api/v1/project/mine/app/+/large"


def small_socket(server: LiveServer) -> socket.socket:
    """Connect as a telephone does: with little room for what it has not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)  # loopback takes 64 KiB at once
    connection.settimeout(SOON)
    connection.connect(("127.0.0.1", server.port))
    return connection


def reading(server: LiveServer, token: str | None, path: str = DOWNLOAD) -> socket.socket:
    """Ask for the large artifact and read the head of the answer only."""
    connection = small_socket(server)
    credential = f"Authorization: Bearer {token}\r\n" if token else ""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n{credential}\r\n".encode())
    return connection


def together[Result](
    read: Callable[[socket.socket], Result], connections: Sequence[socket.socket]
) -> list[Result]:
    """Read from all at once: one that waits for its turn would be given up as a slow one."""
    with ThreadPoolExecutor(len(connections)) as readers:
        return list(readers.map(read, connections))


def rest_of(connection: socket.socket) -> bytes:
    """Read until the server has closed."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def figure(server: LiveServer, name: str) -> float:
    """Return the sum of a metric's samples."""
    found = scraped(server.client(SETTINGS["METRICS_TOKEN"]))
    return sum(value for sample, value in found.items() if sample.partition("{")[0] == name)


def eventually(holds: Callable[[], bool], seconds: float = SOON) -> bool:
    """Tell whether something becomes true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def answers_soon(server: LiveServer, client: ApiClient) -> bool:
    """Tell whether health and a question that needs a thread and the database are answered in time."""
    began = time.monotonic()
    assert requests.get(f"{server.url}/api/health", timeout=20).status_code == 200
    client.get("/api/v1/auth/me").ok()
    return time.monotonic() - began < SECONDS
