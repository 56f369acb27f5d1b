"""A JSON document that carries a file as a text in base64, read as it arrives.

The file flows through, and of the rest only what somebody wants to know is kept, up to a limit; so a document
of any length takes a few megabytes. What is kept is parsed at the end by the standard library, and is as
strict as that; what nobody wants is only read as far as its strings and brackets.
"""

import binascii
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from wxcloudrun.formats.metadata_texts import refuse_constant
from wxcloudrun.kit.errors import Interrupted, Malformed, TooLarge
from wxcloudrun.kit.texts import text

MOST_DEPTH = 100
MOST_TOKEN_BYTES = 64 * 1024  # of a key, and of a number
BLANKS = b" \t\n\r"
STRUCTURE = re.compile(rb'["{}\[\],:]')
END_OF_STRING = re.compile(rb'["\\]')
GROUP = 4  # letters of base64 that are three bytes together

type Path = tuple[str | None, ...]
"""Where a value stands: the keys that lead to it, None for an element of a list."""


@dataclass(frozen=True, slots=True)
class DocumentShape:
    """What is wanted of a document: which values are kept, and which texts are files in base64."""

    is_kept: Callable[[Path], bool]
    is_file: Callable[[Path], bool]
    most_bytes: int  # of what is kept
    most_passed_bytes: int  # of all but files


class Expecting(Enum):
    """What may come next in an object or a list."""

    KEY_OR_END = auto()
    KEY = auto()
    COLON = auto()
    VALUE_OR_END = auto()
    VALUE = auto()
    COMMA_OR_END = auto()


@dataclass(slots=True)
class Frame:
    """An object or a list that has begun and not ended."""

    is_object: bool
    is_kept: bool
    expecting: Expecting
    key: str | None = None
    keeps_value: bool = True  # that of the key
    has_kept: bool = False  # something before, so that a comma is due


class StringUse(Enum):
    """What becomes of the string that is being read."""

    KEY = auto()
    KEPT = auto()
    PASSED = auto()
    FILE = auto()


@dataclass(slots=True)
class Base64Text:
    """A text in base64 that comes in pieces; strict, as whoever compares digests wants it."""

    rest: bytes = b""
    has_ended: bool = False

    def decoded(self, piece: bytes) -> bytes:
        """Return the bytes that a piece completes. Raises Malformed."""
        if not piece:
            return b""
        if self.has_ended:
            raise no_base64()
        letters = self.rest + piece
        whole = len(letters) - len(letters) % GROUP
        self.rest = letters[whole:]
        if letters[:whole].endswith(b"==="):  # which the standard library lets pass behind whole groups
            raise no_base64()
        try:
            data = binascii.a2b_base64(letters[:whole], strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise no_base64() from error
        self.has_ended = letters[whole - 1 : whole] == b"=" and whole > 0
        return data

    def end(self) -> None:
        """Raise Malformed if something is missing."""
        if self.rest:
            raise no_base64()


@dataclass(slots=True)
class FileInDocument:
    """Where the file that is flowing by stands, as the caller is told before its first bytes."""

    path: Path
    data: bytes


class ScannedDocument:
    """One document with files in it, read as it arrives.

    `blocks()` yields the bytes of files with the paths at which they stand; `document` is what was kept, once
    the blocks have ended. In the place of a file stands an empty text.
    """

    def __init__(self, body: Iterator[bytes], shape: DocumentShape) -> None:
        self._body = body
        self._shape = shape
        self._frames: list[Frame] = []
        self._kept = bytearray()
        self._gap = bytearray()  # what stands between two signs: blanks, a number, true, false, null
        self._text: StringUse | None = None
        self._is_escaped = False  # the next letter belongs to the backslash before it
        self._key = bytearray()
        self._file = Base64Text()
        self._escapes = b""  # of a file, whose letters may be written \u002b
        self._pieces: deque[FileInDocument] = deque()
        self._passed_bytes = 0
        self._has_ended = False
        self.document: Any = None

    def blocks(self) -> Iterator[FileInDocument]:
        """Yield the bytes of the files; an empty block says that one begins.

        Raises Malformed, Interrupted, TooLarge.
        """
        for block in self._body:
            self._read(block)
            while self._pieces:
                yield self._pieces.popleft()
        if not self._frames and self._gap.strip(BLANKS):
            raise no_json()
        if not self._has_ended:
            raise Interrupted(text("the document ends too early"))
        try:
            self.document = json.loads(self._kept, parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            raise no_json() from error

    def _read(self, block: bytes) -> None:
        position = 0
        while position < len(block):
            if self._text is not None:
                position = self._read_text(block, position)
                continue
            matched = STRUCTURE.search(block, position)
            end = matched.start() if matched else len(block)
            self._pass_gap(block[position:end])
            position = end
            if matched:
                self._count(1)
                position += 1
                self._sign(block[end:position])

    def _pass_gap(self, piece: bytes) -> None:
        self._count(len(piece))
        self._gap += piece if self._gap.strip(BLANKS) else piece.lstrip(BLANKS)
        if len(self._gap) > MOST_TOKEN_BYTES:
            raise no_json()

    def _count(self, size_bytes: int) -> None:
        self._passed_bytes += size_bytes
        limit = self._shape.most_passed_bytes
        if self._passed_bytes > limit:
            raise TooLarge(
                text("a document may have {limit} bytes beside its files", limit=limit), limit=limit
            )

    def _sign(self, sign: bytes) -> None:
        """Act on a sign, behind a number or a word if one stands before it."""
        word = bytes(self._gap.strip(BLANKS))
        self._gap.clear()
        if word:
            self._begin_value()
            self._keep(word)
            self._end_value()
        if sign == b'"':
            self._begin_text()
        elif sign in b"{[":
            self._begin_container(is_object=sign == b"{")
        elif sign in b"}]":
            self._end_container(is_object=sign == b"}")
        elif sign == b":":
            self._expect(Expecting.COLON)
            self._frames[-1].expecting = Expecting.VALUE
        else:
            frame = self._expect(Expecting.COMMA_OR_END)
            frame.expecting = Expecting.KEY if frame.is_object else Expecting.VALUE

    def _expect(self, *expected: Expecting) -> Frame:
        """Return the innermost frame if it expects that. Raises Malformed."""
        if not self._frames or self._frames[-1].expecting not in expected:
            raise no_json()
        return self._frames[-1]

    def _begin_value(self) -> None:
        """Come to a value: write what stands before it, if it is kept. Raises Malformed where none may be."""
        if not self._frames:
            raise no_json()  # a text or a number all by itself
        frame = self._expect(Expecting.VALUE, Expecting.VALUE_OR_END)
        if frame.is_kept and not frame.is_object:
            self._keep(b"," if frame.has_kept else b"")
            frame.has_kept = True

    def _end_value(self) -> None:
        if self._frames:
            self._frames[-1].expecting = Expecting.COMMA_OR_END
        else:
            self._has_ended = True

    def _is_value_kept(self) -> bool:
        frame = self._frames[-1]
        return frame.is_kept and frame.keeps_value

    def _begin_container(self, *, is_object: bool) -> None:
        is_kept = True
        if self._frames:
            self._begin_value()
            is_kept = self._is_value_kept()
        elif self._has_ended or not is_object:
            raise no_json()
        if len(self._frames) >= MOST_DEPTH:
            raise Malformed(text("the document is nested too deeply"))
        self._keep(b"{" if is_object else b"[")
        first = Expecting.KEY_OR_END if is_object else Expecting.VALUE_OR_END
        self._frames.append(Frame(is_object, is_kept, first))

    def _end_container(self, *, is_object: bool) -> None:
        empty = Expecting.KEY_OR_END if is_object else Expecting.VALUE_OR_END
        frame = self._expect(Expecting.COMMA_OR_END, empty)
        if frame.is_object is not is_object:
            raise no_json()
        self._frames.pop()
        if frame.is_kept:
            self._write(b"}" if is_object else b"]")
        self._end_value()

    def _begin_text(self) -> None:
        if self._frames and self._frames[-1].expecting in (Expecting.KEY, Expecting.KEY_OR_END):
            self._text = StringUse.KEY
            self._key.clear()
            return
        self._begin_value()
        path = self._path()
        if self._is_value_kept() and self._shape.is_file(path):
            self._text, self._file, self._escapes = StringUse.FILE, Base64Text(), b""
            self._keep(b'""')
            self._pieces.append(FileInDocument(path, b""))
            return
        self._text = StringUse.KEPT if self._is_value_kept() else StringUse.PASSED
        self._keep(b'"')

    def _read_text(self, block: bytes, position: int) -> int:
        """Read on in a string, and return where it ends or the block does."""
        begin = position
        while True:
            if self._is_escaped:
                if position == len(block):
                    break
                self._is_escaped = False
                position += 1
            matched = END_OF_STRING.search(block, position)
            if matched is None:
                position = len(block)
                break
            position = matched.end()
            if matched[0] == b'"':
                self._take(block[begin : position - 1])
                self._end_text()
                return position
            self._is_escaped = True
        self._take(block[begin:position])
        return position

    def _take(self, piece: bytes) -> None:
        """Take a piece of the string, without its quotes."""
        if self._text is StringUse.FILE:
            data = self._file.decoded(self._unescaped(piece))
            if data:
                self._pieces.append(FileInDocument(self._path(), data))
            return
        self._count(len(piece))
        if self._text is StringUse.KEPT:
            self._write(piece)
        elif self._text is StringUse.KEY:
            self._key += piece
            if len(self._key) > MOST_TOKEN_BYTES:
                raise no_json()

    def _unescaped(self, piece: bytes) -> bytes:
        """Return letters of a file as they are meant: some programs write `+` and `/` as escapes."""
        if not self._escapes and b"\\" not in piece:
            return piece
        piece = self._escapes + piece
        last = piece.rfind(b"\\", -6)
        is_cut = last >= 0 and len(piece) - last < (6 if piece[last + 1 : last + 2] in (b"u", b"") else 2)
        self._escapes = piece[last:] if is_cut else b""
        return decoded_text(piece[:last] if is_cut else piece).encode("ascii", "replace")

    def _end_text(self) -> None:
        kind, self._text = self._text, None
        if kind is StringUse.KEY:
            self._end_key()
            return
        if kind is StringUse.FILE:
            if self._escapes:
                raise no_base64()
            self._file.end()
        elif kind is StringUse.KEPT:
            self._write(b'"')
        self._end_value()

    def _end_key(self) -> None:
        frame = self._frames[-1]
        written = bytes(self._key)
        frame.expecting = Expecting.COLON
        if not frame.is_kept:
            return
        frame.key = decoded_text(written)
        frame.keeps_value = self._shape.is_kept(self._path())
        if frame.keeps_value:
            comma = b"," if frame.has_kept else b""
            frame.has_kept = True
            self._write(comma + b'"' + written + b'":')

    def _path(self) -> Path:
        return tuple(frame.key for frame in self._frames)

    def _keep(self, piece: bytes) -> None:
        """Write something of a value, if that is kept."""
        if not self._frames or self._is_value_kept():
            self._write(piece)

    def _write(self, piece: bytes) -> None:
        self._kept += piece
        limit = self._shape.most_bytes
        if len(self._kept) > limit:
            raise TooLarge(
                text("what is read of a document may have {limit} bytes", limit=limit), limit=limit
            )


def decoded_text(written: bytes) -> str:
    """Return what the inside of a JSON string means. Raises Malformed."""
    try:
        meant = json.loads(b'"' + written + b'"')
    except ValueError as error:
        raise no_json() from error
    return str(meant)


def no_json() -> Malformed:
    """Refuse what is no document."""
    return Malformed(text("the body is not valid JSON"))


def no_base64() -> Malformed:
    """Refuse a file that is not written as one."""
    return Malformed(text("the data of a file are not valid base64"))
