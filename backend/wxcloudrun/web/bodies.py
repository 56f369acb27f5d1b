"""Large request bodies as blocks: a raw body, or the file part of a multipart form (RFC 7578).

Nothing is spooled and nothing is held but the current block.
"""

from collections import deque
from collections.abc import Iterator

from flask import current_app, request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from werkzeug.exceptions import ClientDisconnected

from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.errors import Interrupted, Invalid, Malformed
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import BLOCK_BYTES
from wxcloudrun.web.digests import verified
from wxcloudrun.web.form_parts import FormPart

MAX_FIELD_BYTES = 4096
MAX_PART_HEADER_BYTES = 16 * 1024
MAX_PARTS = 32
MAX_BOUNDARY_LENGTH = 200  # RFC 2046 allows 70, and some clients make one that is a little longer


def raw_blocks() -> Iterator[bytes]:
    """Yield the request body in blocks of 1 MiB at most.

    Raises Interrupted if the client sends less than it announced, stops sending, or takes longer for all of
    it than a request may. Servers hand over a body that ends early as if it were whole, so its length is
    counted here.
    """
    received = 0
    limit: int = current_app.extensions["settings"].upload_seconds
    end = clock.monotonic() + limit
    while True:
        try:
            block = request.stream.read(BLOCK_BYTES)
        except (
            ClientDisconnected,
            OSError,
            ValueError,
        ) as error:  # a broken chunk is an OSError or ValueError
            raise interrupted() from error
        if not block:
            break
        if clock.monotonic() >= end:
            raise Interrupted(text("a request may send its body for {limit} seconds at most", limit=limit))
        received += len(block)
        yield block
    if request.content_length is not None and received < request.content_length:
        raise interrupted()


def interrupted() -> Interrupted:
    """Refuse a body that is not whole."""
    return Interrupted(text("the body ended before the announced length"))


class FormUpload:
    """One multipart form with one file, read as it arrives.

    `blocks()` yields the bytes of the file part called `file`; text fields may stand before or behind
    it. `filename`, `content_type` are known from the first block on, `fields` when the blocks have ended.
    """

    def __init__(self, boundary: bytes, body: Iterator[bytes]) -> None:
        self.filename: str | None = None
        self.content_type: str | None = None
        self.fields: dict[str, str] = {}
        self._body = body
        self._part = FormPart()
        self._parts = 0
        self._value = bytearray()
        self._pieces: deque[bytes] = deque()
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    @classmethod
    def of_request(cls, said: Checksums) -> "FormUpload":
        """Read the form of the current request, of whose whole body `said` speaks.

        Raises Malformed without a usable boundary.
        """
        boundary = request.mimetype_params.get("boundary", "")
        if not 1 <= len(boundary) <= MAX_BOUNDARY_LENGTH or not boundary.isascii():
            raise Malformed(text("the multipart body has no boundary"))
        return cls(boundary.encode(), verified(said, raw_blocks()))

    def blocks(self) -> Iterator[bytes]:
        """Yield the file's bytes.

        Raises Interrupted, Malformed, Invalid (two files, one under another name, a field too long),
        UnsupportedMediaType for a coded part, and ChecksumMismatch at the end.
        """
        for block in self._body:
            try:
                self._parser.write(block)
            except FormParserError as error:
                raise Malformed(text("the multipart body is malformed")) from error
            while self._pieces:
                yield self._pieces.popleft()
        if not self._ended:
            raise Interrupted(text("the multipart body ended before its last boundary"))

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise Invalid.field("body", text("a form may have {limit} parts at most", limit=MAX_PARTS))
        self._part = FormPart()
        self._value = bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._part.header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._part.header_value += data[start:end]

    def _count_header(self, size_bytes: int) -> None:
        self._part.header_bytes += size_bytes
        if self._part.header_bytes > MAX_PART_HEADER_BYTES:
            raise Malformed(text("the head of a form part is too long"))

    def _on_header_end(self) -> None:
        self._part.end_header()

    def _on_headers_finished(self) -> None:
        part = self._part
        if part.name != "file":
            if part.filename is not None:
                raise Invalid.field(part.name or "body", text("a file goes in the part called file"))
            return
        if self.filename is not None:
            raise Invalid.field("file", text("send one file in a form"))
        if part.filename is None:
            raise Invalid.field("file", text("this part must be a file: give it a file name"))
        self.filename, self.content_type = part.filename, part.content_type

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part.received_bytes += end - start
        if self._part.name == "file":
            self._pieces.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD_BYTES:
            raise Invalid.field(
                self._part.name or "body",
                text("longer than {limit} bytes", limit=MAX_FIELD_BYTES),
            )

    def _on_part_end(self) -> None:
        self._part.end()
        name = self._part.name
        if name == "file":
            return
        if name in self.fields:
            raise Invalid.field(name, text("given more than once"))
        try:
            self.fields[name] = self._value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid.field(name, text("not valid UTF-8")) from error

    def _on_end(self) -> None:
        self._ended = True
