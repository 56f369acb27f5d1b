"""Walks a tar stream header by header (POSIX.1-1988 ustar, with the GNU and pax entries stepped over).

The standard library's tarfile is not used here: it reads pax headers and long names whole into memory
and parses them at once, so neither a deadline nor a limit on bytes could hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wxcloudrun.formats.bounded import METADATA_BYTES, TAR_ENTRIES, UnreadablePackage
from wxcloudrun.formats.compression import Decompressed

BLOCK_BYTES = 512
_REGULAR = (b"0", b"\0", b"7")
_WITHOUT_BODY = (b"1", b"2", b"3", b"4", b"5", b"6")
GNU_LONG_NAME = b"L"
EXTENDED = (b"x", b"g", b"X")  # pax headers: of one entry, of all, and as Solaris wrote them
# These describe the entry behind them; their own names are inventions of the tool.
DESCRIPTIONS = (GNU_LONG_NAME, b"K", *EXTENDED)
_GNU_SPARSE = b"S"


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One entry: its path, and whether it is a regular file."""

    path: bytes
    size_bytes: int
    is_file: bool


class TarEntries:
    """The first entries of a stream; raises UnreadablePackage where the stream is malformed."""

    def __init__(self, stream: Decompressed, most_entries: int = TAR_ENTRIES) -> None:
        self._stream = stream
        self._most_entries = most_entries
        self._left_bytes = 0
        self._padding_bytes = 0
        self.is_cut = False  # there are more entries than were looked at

    def __iter__(self) -> Iterator[TarEntry]:
        is_renamed = False
        for kind, entry in self.headers():
            if kind in DESCRIPTIONS:
                # Behind a GNU long name the header holds only the first 100 bytes of the name.
                is_renamed = is_renamed or kind == GNU_LONG_NAME
                continue
            path = entry.path.removeprefix(b"./")
            yield TarEntry(path, entry.size_bytes, entry.is_file and not is_renamed)
            is_renamed = False

    def headers(self) -> Iterator[tuple[bytes, TarEntry]]:
        """Yield each header with its kind, those that describe the entry behind them included."""
        for _ in range(self._most_entries):
            self._stream.skip(self._left_bytes + self._padding_bytes)
            self._left_bytes = self._padding_bytes = 0
            header = self._stream.up_to(BLOCK_BYTES)
            if not header.strip(b"\0"):
                return
            kind, entry = _parsed(header)
            self._left_bytes = 0 if kind in _WITHOUT_BODY else entry.size_bytes
            self._padding_bytes = -self._left_bytes % BLOCK_BYTES
            yield kind, entry
        self.is_cut = True

    def content(self) -> bytes:
        """Return the bytes of the entry that iteration has just given; raise past METADATA_BYTES."""
        if self._left_bytes > METADATA_BYTES:
            raise UnreadablePackage("the metadata is too large")
        data = self._stream.exactly(self._left_bytes)
        self._left_bytes = 0
        return data


def _parsed(header: bytes) -> tuple[bytes, TarEntry]:
    if len(header) < BLOCK_BYTES or _number(header[148:156]) != _checksum(header):
        raise UnreadablePackage("a tar header is damaged")
    kind = header[156:157]
    if kind == _GNU_SPARSE:
        raise UnreadablePackage("sparse entries are not read")
    path = _text(header[:100])
    # GNU writes "ustar " with a space and other fields where ustar has the prefix.
    if header[257:263] == b"ustar\0" and (prefix := _text(header[345:500])):
        path = prefix + b"/" + path
    return kind, TarEntry(path, _number(header[124:136]), kind in _REGULAR)


def _checksum(header: bytes) -> int:
    return sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    if field[0] == 0x80:
        # GNU's binary form, for what octal digits cannot hold.
        return int.from_bytes(field[1:], "big")
    digits = _text(field).strip(b" ")
    if digits.strip(b"01234567"):
        raise UnreadablePackage("a number in a tar header is damaged")
    return int(digits or b"0", 8)
