"""HTTP byte by byte, for clients that no library would be: early, late, or gone in the middle."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

TIMEOUT_SECONDS = 20
END_OF_HEAD = b"\r\n\r\n"


def received_until(sock: socket.socket, is_enough: Callable[[bytearray], bool], given: bytes = b"") -> bytes:
    """Read until that is enough, after what is given; fail if the connection ends before."""
    received = bytearray(given)
    while not is_enough(received):
        block = sock.recv(65_536)
        assert block, f"the connection ended after {len(received)} bytes: {bytes(received[:500])!r}"
        received += block
    return bytes(received)


def received_bytes(sock: socket.socket, count: int, given: bytes = b"") -> bytes:
    """Read until so many bytes are there, or more; fail if the connection ends before."""
    return received_until(sock, lambda received: len(received) >= count, given)


def received_head(sock: socket.socket) -> bytes:
    """Read until a whole head is there, and what came with it."""
    return received_until(sock, lambda received: END_OF_HEAD in received)


def body_of(sock: socket.socket, length: int) -> bytes:
    """Read an answer with a body of this length, and return the body."""
    head, _, body = received_head(sock).partition(END_OF_HEAD)
    assert head.startswith(b"HTTP/1.1 200 "), head
    return received_bytes(sock, length, body)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back over the socket."""

    status: int
    head: str
    body: bytes

    @property
    def reason(self) -> str:
        """The slug of a refusal."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return str(data["reason"])


class RawConnection:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.sock.close()

    def head(self, method: str, path: str, token: str | None, **headers: str) -> None:
        """Send a request line and headers."""
        lines = [f"{method} {path} HTTP/1.1", "Host: registry"]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send(self, data: bytes) -> None:
        """Send a part of the body."""
        self.sock.sendall(data)

    def answer(self) -> RawAnswer:
        """Read one answer, interim ones (100) included."""
        head, _, body = received_head(self.sock).partition(END_OF_HEAD)
        text = head.decode("latin-1")
        status = int(text.split(" ", 2)[1])
        if status == 100:
            return RawAnswer(status, text, body)
        lengths = [
            line.split(":", 1)[1] for line in text.split("\r\n") if line.lower().startswith("content-length:")
        ]
        length = int(lengths[0]) if lengths else 0
        return RawAnswer(status, text, received_bytes(self.sock, length, body))
