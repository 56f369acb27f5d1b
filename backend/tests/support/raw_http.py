"""HTTP byte by byte, for clients that no library would be: early, late, or gone in the middle."""

import json
import socket
from dataclasses import dataclass
from typing import Any, Self

TIMEOUT_SECONDS = 20


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
        head = b""
        while b"\r\n\r\n" not in head:
            block = self.sock.recv(65_536)
            assert block, f"the connection ended in the middle of a head: {head!r}"
            head += block
        head, _, body = head.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        status = int(text.split(" ", 2)[1])
        if status == 100:
            return RawAnswer(status, text, body)
        lengths = [
            line.split(":", 1)[1] for line in text.split("\r\n") if line.lower().startswith("content-length:")
        ]
        length = int(lengths[0]) if lengths else 0
        while len(body) < length:
            block = self.sock.recv(65_536)
            assert block, "the connection ended in the middle of a body"
            body += block
        return RawAnswer(status, text, body)
