"""The hard limits on reading foreign package files, and the readers that enforce them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

METADATA_BYTES = 1024 * 1024
TAR_BYTES = 16 * 1024 * 1024
# npm packs files in the order of their endings: package.json stands behind every .js of a large package.
NPM_TAR_BYTES = 128 * 1024 * 1024
TAR_ENTRIES = 20_000
# Mobile apps and fat jars have thousands of entries; their names alone stay far below these two.
ZIP_ENTRIES = 20_000
ZIP_DIRECTORY_BYTES = 3 * 1024 * 1024
BLOB_BYTES = 32 * 1024 * 1024
# Each fetch may be a request over the network, so they are few and not tiny.
READ_AHEAD_BYTES = 256 * 1024
SECONDS = 2.0

type Monotonic = Callable[[], float]


class UnreadablePackage(Exception):
    """The file is malformed, hostile, or larger than what is read of a package; nobody's fault here."""


class ScanLimit(UnreadablePackage):
    """As many decompressed bytes as allowed were looked at; the file itself may be sound."""


class TookTooLong(UnreadablePackage):
    """The file, or who keeps it, was slow; the file itself may be sound."""


@contextmanager
def unreadable(*errors: type[Exception]) -> Iterator[None]:
    """Turn `errors`, which a library raises for malformed input, into UnreadablePackage."""
    try:
        yield
    except errors as error:
        raise UnreadablePackage(type(error).__name__) from error


class Deadline:
    """A moment after which reading stops."""

    def __init__(self, monotonic: Monotonic, seconds: float = SECONDS) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def check(self) -> None:
        """Raise UnreadablePackage once the time is over."""
        if self._monotonic() > self._end:
            raise TookTooLong("reading took too long")


class ByteSource(Protocol):
    """What can be read forward in pieces; an empty piece is the end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""


class BoundedReader:
    """A seekable reader of a blob that fetches few, larger pieces, in all BLOB_BYTES unless more are allowed.

    Every read checks the deadline. UnreadablePackage is raised past a limit, and when the blob ends before
    `size_bytes`.
    """

    def __init__(self, blob: BinaryIO, size_bytes: int, deadline: Deadline) -> None:
        self.size_bytes = size_bytes
        self.deadline = deadline
        self._blob = blob
        self._position = 0
        self._budget_bytes = BLOB_BYTES
        self._piece = b""
        self._piece_start = 0

    def allow(self, size_bytes: int) -> None:
        """Set how many bytes may be fetched from now on."""
        self._budget_bytes = size_bytes

    def seekable(self) -> bool:
        """Promise random access, which zipfile asks for."""
        return True

    def tell(self) -> int:
        """Return the offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move as io.IOBase.seek does; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        if base + offset < 0:
            raise UnreadablePackage("an offset points before the file")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Return `size` bytes, fewer only at the end of the file; negative or None reads to the end."""
        self.deadline.check()
        left = max(0, self.size_bytes - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        first = self._cached(wanted)
        missing = wanted - len(first)
        if not missing:
            return first
        self._fetch(missing)
        return first + self._cached(missing)

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes or raise UnreadablePackage."""
        data = self.read(size)
        if len(data) < size:
            raise UnreadablePackage("the file ends too early")
        return data

    def _cached(self, wanted: int) -> bytes:
        start = self._position - self._piece_start
        if not 0 <= start < len(self._piece):
            return b""
        data = self._piece[start : start + wanted]
        self._position += len(data)
        return data

    def _fetch(self, missing: int) -> None:
        length = min(max(missing, READ_AHEAD_BYTES), self.size_bytes - self._position)
        if length > self._budget_bytes:
            raise UnreadablePackage("too many bytes would have to be read")
        self._budget_bytes -= length
        self._blob.seek(self._position)
        piece = bytearray()
        while len(piece) < length:
            data = self._blob.read(length - len(piece))
            if not data:
                raise UnreadablePackage("the blob is shorter than its size")
            piece += data
        self._piece, self._piece_start = bytes(piece), self._position


class Slice:
    """Forward reading of one stretch of a blob, as of one member of an archive."""

    def __init__(self, reader: BoundedReader, start: int, size_bytes: int) -> None:
        self._reader = reader
        self._position = start
        self._end = start + size_bytes

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes of what is left of the stretch."""
        left = self._end - self._position
        self._reader.seek(self._position)
        data = self._reader.read(left if size < 0 else min(size, left))
        self._position += len(data)
        return data
