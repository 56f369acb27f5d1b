"""Multipart bodies written byte by byte (RFC 7578), so that a test decides exactly what is on the wire."""

import io
from dataclasses import dataclass

from tests.support.client import Answer, ApiClient

BOUNDARY = "test-boundary-7d1"


class UnreadBody(io.RawIOBase):
    """A body that must not be read."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        message = "the body was read"
        raise AssertionError(message)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; `filename` is written as it is given, already quoted or encoded if need be."""

    name: str
    data: bytes
    filename: bytes | None = None
    content_type: str | None = None

    def encoded(self) -> bytes:
        """Return the part with its head, without a boundary."""
        head = f'Content-Disposition: form-data; name="{self.name}"'.encode()
        if self.filename is not None:
            head += b'; filename="' + self.filename + b'"'
        if self.content_type is not None:
            head += b"\r\nContent-Type: " + self.content_type.encode()
        return head + b"\r\n\r\n" + self.data


def file(data: bytes, filename: str = "file.bin", content_type: str | None = None) -> Part:
    """Return the part that carries the file; quotes and backslashes in its name are escaped."""
    quoted = filename.replace("\\", "\\\\").replace('"', '\\"').encode()
    return Part("file", data, quoted, content_type)


def field(name: str, value: str) -> Part:
    """Return a text field."""
    return Part(name, value.encode())


def encoded(*parts: Part) -> bytes:
    """Return the body of a form."""
    mark = f"--{BOUNDARY}".encode()
    return b"".join(mark + b"\r\n" + part.encoded() + b"\r\n" for part in parts) + mark + b"--\r\n"


def post_form(client: ApiClient, url: str, *parts: Part, headers: dict[str, str] | None = None) -> Answer:
    """Send a form."""
    return post_body(client, url, encoded(*parts), headers=headers)


def post_body(client: ApiClient, url: str, body: bytes, *, headers: dict[str, str] | None = None) -> Answer:
    """Send bytes that claim to be a form."""
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return client.post(url, data=body, headers={"Content-Type": content_type, **(headers or {})})
