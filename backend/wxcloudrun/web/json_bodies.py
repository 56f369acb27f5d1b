"""A JSON document that carries a file as a text in base64, read as it arrives.

The file flows through, and of the rest only what somebody wants to know is kept, up to a limit; so a document
of any length takes a few megabytes. What is kept is parsed at the end by the standard library, and is as
strict as that; what nobody wants is only read as far as its strings and brackets, many at once.
"""

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
from wxcloudrun.web.base64_texts import Base64Text, no_base64

MOST_DEPTH = 100
MOST_TOKEN_BYTES = 64 * 1024  # of a key, and of a number
MOST_SIGNS = 2_000_000  # around what is looked at: a few seconds of the processor
BLANKS = b" \t\n\r"
STRUCTURE = re.compile(rb'["{}\[\],:]')
END_OF_STRING = re.compile(rb'["\\]')
WITHOUT_BRACKETS = rb'[^"{}\[\]]|"(?:[^"\\]|\\.)*+"'
FLAT = rb"\[(?:%b)*+\]|\{(?:%b)*+\}" % (WITHOUT_BRACKETS, WITHOUT_BRACKETS)
# Up to the next bracket that changes the depth, past whole strings, and containers with nothing but values.
PASSED = re.compile(rb"(?:%b|%b)*+([{}\[\]]?)" % (WITHOUT_BRACKETS, FLAT), re.DOTALL)
CLOSING = {b"{": b"}", b"[": b"]"}
HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")  # as most of these are written; each is half of one

type Path = tuple[str | None, ...]
"""Where a value stands: the keys that lead to it, None for an element of a list."""


@dataclass(frozen=True, slots=True)
class DocumentShape:
    """What is wanted of a document: which values are kept, and which texts are files in base64."""

    is_kept: Callable[[Path], bool]
    is_file: Callable[[Path], bool]
    most_bytes: int  # of what is kept
    most_passed_bytes: int  # of all but files
    most_signs: int = MOST_SIGNS


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
    """An object or a list that is kept, and has begun and not ended."""

    is_object: bool
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
        self._passed: list[bytes] = []  # what ends each of the containers that nobody wants
        self._passed_bytes = 0
        self._signs = 0
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
            self.document = json.loads(whole_characters(bytes(self._kept)), parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            raise no_json() from error

    def _read(self, block: bytes) -> None:
        position = 0
        while position < len(block):
            if self._text is not None:
                position = self._read_text(block, position)
                continue
            if self._passed:
                position = self._pass(block, position)
                continue
            matched = STRUCTURE.search(block, position)
            end = matched.start() if matched else len(block)
            self._pass_gap(block[position:end])
            position = end
            if matched:
                self._count(1)
                self._count_sign()
                position += 1
                self._sign(block[end:position])

    def _pass(self, block: bytes, position: int) -> int:
        """Read on in what nobody wants, and return how far."""
        matched = PASSED.match(block, position)
        if matched is None:  # which cannot be: the pattern may be empty
            raise no_json()
        end = matched.end()
        self._count(end - position)
        bracket = matched[1]
        if bracket in CLOSING:
            self._open_passed(bracket)
        elif bracket:
            if self._passed.pop() != bracket:
                raise no_json()
            if not self._passed:
                self._end_value()
        elif end < len(block):  # a string that does not end here
            self._text = StringUse.PASSED
            end += 1
        return end

    def _open_passed(self, bracket: bytes) -> None:
        self._refuse_nest()
        self._passed.append(CLOSING[bracket])

    def _refuse_nest(self) -> None:
        if len(self._frames) + len(self._passed) >= MOST_DEPTH:
            raise Malformed(text("the document is nested too deeply"))

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

    def _count_sign(self) -> None:
        self._signs += 1
        if self._signs > self._shape.most_signs:
            raise TooLarge(text("the document has too many values"), limit=self._shape.most_signs)

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
        if not frame.is_object:
            self._keep(b"," if frame.has_kept else b"")
            frame.has_kept = True

    def _end_value(self) -> None:
        if self._frames:
            self._frames[-1].expecting = Expecting.COMMA_OR_END
        else:
            self._has_ended = True

    def _is_value_kept(self) -> bool:
        return self._frames[-1].keeps_value

    def _begin_container(self, *, is_object: bool) -> None:
        bracket = b"{" if is_object else b"["
        if self._frames:
            self._begin_value()
            if not self._is_value_kept():
                self._open_passed(bracket)
                return
        elif self._has_ended or not is_object:
            raise no_json()
        self._refuse_nest()
        self._write(bracket)
        first = Expecting.KEY_OR_END if is_object else Expecting.VALUE_OR_END
        self._frames.append(Frame(is_object, first))

    def _end_container(self, *, is_object: bool) -> None:
        empty = Expecting.KEY_OR_END if is_object else Expecting.VALUE_OR_END
        frame = self._expect(Expecting.COMMA_OR_END, empty)
        if frame.is_object is not is_object:
            raise no_json()
        self._frames.pop()
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
        if not self._passed:
            self._end_value()

    def _end_key(self) -> None:
        frame = self._frames[-1]
        written = bytes(self._key)
        frame.expecting = Expecting.COLON
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


def whole_characters(written: bytes) -> str:
    """Return a document in which half a character is the sign for an unknown one, as JavaScript does it.

    Else no sentence could tell of it and no database keep it. Raises ValueError for what is no UTF-8 or JSON.
    """
    document = written.decode()
    if not HALF_CHARACTER.search(written):
        return document
    meant = json.dumps(json.loads(document, parse_constant=refuse_constant), ensure_ascii=False)
    return meant.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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
