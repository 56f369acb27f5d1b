"""Decompresses gzip, xz and zstd in small steps, so that no input can ask for much memory or time."""

import gzip
import lzma
import zlib
from typing import IO, cast

import zstandard

from wxcloudrun.formats.bounded import (
    TAR_BYTES,
    ByteSource,
    Deadline,
    ScanLimit,
    UnreadablePackage,
)

STEP_BYTES = 64 * 1024
FEED_BYTES = 16 * 1024
# xz -9, the highest preset, needs 65 MiB; what asks for more is made to hurt.
XZ_MEMORY_BYTES = 80 * 1024 * 1024
# The window of zstd -19, the level at which Debian packages are built.
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
_MALFORMED = (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class Decompressed:
    """Decompressed bytes, forward only, at most TAR_BYTES of them unless more are allowed."""

    def __init__(self, source: ByteSource, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline
        self._limit_bytes = TAR_BYTES
        self._spent_bytes = 0

    def allow(self, size_bytes: int) -> None:
        """Set how many decompressed bytes may be looked at from the beginning of the stream on."""
        self._limit_bytes = size_bytes

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes; raise UnreadablePackage if there are fewer, ScanLimit past the limit."""
        data = self.up_to(size)
        if len(data) < size:
            raise UnreadablePackage("the stream ends too early")
        return data

    def up_to(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end; raise ScanLimit past the limit."""
        self._spend(size)
        pieces = bytearray()
        while len(pieces) < size and (piece := self._step(size - len(pieces))):
            pieces += piece
        return bytes(pieces)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes without keeping them; raises as `exactly` does."""
        self._spend(size)
        left = size
        while left:
            piece = self._step(left)
            if not piece:
                raise UnreadablePackage("the stream ends too early")
            left -= len(piece)

    def _spend(self, size: int) -> None:
        if size > self._limit_bytes - self._spent_bytes:
            raise ScanLimit("too many decompressed bytes")
        self._spent_bytes += size

    def _step(self, size: int) -> bytes:
        self._deadline.check()
        try:
            return self._source.read(min(size, STEP_BYTES))
        except _MALFORMED as error:
            raise UnreadablePackage(type(error).__name__) from error


def gunzipped(source: ByteSource, deadline: Deadline) -> Decompressed:
    """Read RFC 1952."""
    return Decompressed(gzip.GzipFile(fileobj=_Forward(source), mode="rb"), deadline)


def unxzed(source: ByteSource, deadline: Deadline) -> Decompressed:
    """Read the .xz format, with at most XZ_MEMORY_BYTES of memory."""
    return Decompressed(_Xz(source), deadline)


def unzstded(source: ByteSource, deadline: Deadline) -> Decompressed:
    """Read RFC 8878, with windows up to ZSTD_WINDOW_BYTES."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
    # The library's types ask for a whole file object; it only calls `read`.
    readable = cast("IO[bytes]", _Forward(source))
    stream = decompressor.stream_reader(readable, read_size=FEED_BYTES, read_across_frames=True)
    return Decompressed(stream, deadline)


def uncompressed(source: ByteSource, deadline: Deadline) -> Decompressed:
    """Read the bytes as they are, under the same limits."""
    return Decompressed(source, deadline)


class _Forward:
    """The file object that gzip and zstandard expect; they only ever read forward."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        return self._source.read(FEED_BYTES if size < 0 else min(size, FEED_BYTES))

    def seek(self, offset: int, /) -> int:
        raise UnreadablePackage(f"a forward stream cannot seek to {offset}")


class _Xz:
    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)

    def read(self, size: int, /) -> bytes:
        while not self._decompressor.eof:
            feed = self._source.read(FEED_BYTES) if self._decompressor.needs_input else b""
            if not feed and self._decompressor.needs_input:
                raise EOFError("the xz stream is cut off")
            data = self._decompressor.decompress(feed, size)
            if data:
                return data
        return b""
