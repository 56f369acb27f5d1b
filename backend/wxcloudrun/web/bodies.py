"""Large request bodies as blocks: a raw body, or the file part of a multipart form (RFC 7578).

Nothing is spooled and nothing is held but the current block.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app, request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from werkzeug.exceptions import ClientDisconnected

from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.errors import Interrupted, Invalid, Malformed, TooLarge
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import BLOCK_BYTES
from wxcloudrun.web.digests import verified
from wxcloudrun.web.form_parts import FormPart

MAX_PART_HEADER_BYTES = 16 * 1024
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


@dataclass(frozen=True, slots=True)
class FormShape:
    """What a form looks like: what its file part is called, and how much text may stand beside it.

    Fields that are not `single` may come several times; the first of each is kept. None: all are single.
    """

    file_field: str = "file"
    most_parts: int = 32
    most_field_bytes: int = 4096
    most_text_bytes: int = 32 * 4096
    single: frozenset[str] | None = None


UPLOAD_FORM = FormShape()


class FormUpload:
    """One multipart form with one file, read as it arrives.

    `blocks()` yields the bytes of the file part; text fields may stand before or behind it. `filename`,
    `content_type` are known from the first block on, `fields` when the blocks have ended.
    """

    def __init__(self, boundary: bytes, body: Iterator[bytes], shape: FormShape = UPLOAD_FORM) -> None:
        self._shape = shape
        self._text_bytes = 0
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
    def of_request(cls, said: Checksums, shape: FormShape = UPLOAD_FORM) -> "FormUpload":
        """Read the form of the current request, of whose whole body `said` speaks.

        Raises Malformed without a usable boundary.
        """
        boundary = request.mimetype_params.get("boundary", "")
        if not 1 <= len(boundary) <= MAX_BOUNDARY_LENGTH or not boundary.isascii():
            raise Malformed(text("the multipart body has no boundary"))
        return cls(boundary.encode(), verified(said, raw_blocks()), shape)

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
        limit = self._shape.most_parts
        if self._parts > limit:
            raise Invalid.field("body", text("a form may have {limit} parts at most", limit=limit))
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
        part, wanted = self._part, self._shape.file_field
        self._count_text(len(part.name))  # names are kept as texts are
        if part.name != wanted:
            if part.filename is not None:
                sentence = text("a file goes in the part called {part}", part=wanted)
                raise Invalid.field(part.name or "body", sentence)
            return
        if self.filename is not None:
            raise Invalid.field(wanted, text("send one file in a form"))
        if part.filename is None:
            raise Invalid.field(wanted, text("this part must be a file: give it a file name"))
        self.filename, self.content_type = part.filename, part.content_type

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part.received_bytes += end - start
        if self._part.name == self._shape.file_field:
            self._pieces.append(data[start:end])
            return
        self._value += data[start:end]
        limit = self._shape.most_field_bytes
        if len(self._value) > limit:
            raise Invalid.field(self._part.name or "body", text("longer than {limit} bytes", limit=limit))
        self._count_text(end - start)

    def _count_text(self, size_bytes: int) -> None:
        self._text_bytes += size_bytes
        if self._text_bytes > self._shape.most_text_bytes:
            raise TooLarge(
                text("the text of a form may have {limit} bytes", limit=self._shape.most_text_bytes),
                limit=self._shape.most_text_bytes,
            )

    def _on_part_end(self) -> None:
        self._part.end()
        name = self._part.name
        if name == self._shape.file_field:
            return
        if name in self.fields:
            if self._shape.single is None or name in self._shape.single:
                raise Invalid.field(name, text("given more than once"))
            return
        try:
            self.fields[name] = self._value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid.field(name, text("not valid UTF-8")) from error

    def _on_end(self) -> None:
        self._ended = True
