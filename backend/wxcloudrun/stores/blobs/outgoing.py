"""A part of an object on its way to a client, in a form that whoever sends it can pause and take up again.

A server that knows nothing of this iterates over it. One that waits for slow clients without a thread takes
the file, or asks for a window whenever the client has room for one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs import metrics
from wxcloudrun.stores.blobs.file_blocks import blocks_of_open
from wxcloudrun.stores.blobs.port import BlobStore, StoreUnavailable

PIECE_BYTES = 64 * 1024


def ignore(_count: int) -> None:
    """Note nothing."""


@dataclass(frozen=True, slots=True)
class ObjectRange:
    """`length` bytes from byte `start` of an object that has `size_bytes`."""

    key: str
    size_bytes: int
    start: int
    length: int


class Outgoing(Protocol):
    """`length` bytes; `note_sent` is told of those that have gone."""

    length: int
    note_sent: Callable[[int], None]

    def __iter__(self) -> Iterator[bytes]:
        """Yield everything, once. Raises StoreUnavailable, also between two blocks."""

    def close(self) -> None:
        """Let go of whatever is open."""


class FileBody(Outgoing):
    """A part of a file of this machine."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self.file = file
        self.start = start
        self.length = length
        self.note_sent: Callable[[int], None] = ignore

    def __iter__(self) -> Iterator[bytes]:
        """Yield it; the file stays open until `close`."""
        for block in blocks_of_open(self.file, self.start, self.length):
            yield block
            self.note_sent(len(block))  # it has gone out, or this line is not reached

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class MemoryBody(Outgoing):
    """Bytes that are there already."""

    def __init__(self, block: bytes) -> None:
        self.block = block
        self.length = len(block)
        self.note_sent: Callable[[int], None] = ignore

    def __iter__(self) -> Iterator[bytes]:
        """Yield them in pieces, between which a sender may turn to others."""
        for start in range(0, self.length, PIECE_BYTES):
            piece = self.block[start : start + PIECE_BYTES]
            yield piece
            self.note_sent(len(piece))

    def close(self) -> None:
        """Nothing is open."""


class StoreBody(Outgoing):
    """A part of an object of a store that has no files.

    Raises ObjectMissing, OtherSize or StoreUnavailable when it is made, so before anything is answered.
    """

    def __init__(self, store: BlobStore, part: ObjectRange) -> None:
        self._store = store
        self.key = part.key
        self.size_bytes = part.size_bytes  # of the whole object
        self.start = part.start
        self.length = part.length
        self.note_sent: Callable[[int], None] = ignore
        self._blocks = self._read(part.start, part.length)
        self._first = next(self._blocks, b"")  # until it has been sent
        self._is_open = True
        metrics.STORE_READS.inc()

    def __iter__(self) -> Iterator[bytes]:
        """Yield it, from one request to the store."""
        block, self._first = self._first, b""
        yield block
        self.note_sent(len(block))
        for block in self._blocks:
            yield block
            self.note_sent(len(block))

    def window(self, start: int, size: int) -> bytes:
        """Read some of the object. Raises StoreUnavailable, also if it is shorter now, or ObjectMissing."""
        with metrics.STORE_READS.track_inprogress():
            block = b"".join(self._read(start, size))
        if len(block) != size:
            raise StoreUnavailable(text("the stored object is shorter than it was"))
        return block

    def _read(self, start: int, size: int) -> Iterator[bytes]:
        return self._store.read(self.key, start=start, length=size, size_bytes=self.size_bytes)

    def close(self) -> None:
        """Give the connection to the store back; windows can still be read."""
        if self._is_open:
            self._is_open, self._first = False, b""
            metrics.STORE_READS.dec()
            close = getattr(self._blocks, "close", None)
            if close is not None:
                close()
