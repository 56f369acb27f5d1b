"""A stored object as a seekable file, for readers that look at its head and its tail."""

import io
from typing import BinaryIO, cast

from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import BlobStore, ObjectMissing, StoreUnavailable

READ_AHEAD_BYTES = 128 * 1024


def open_seekable(blobs: BlobStore, key: str, size_bytes: int) -> BinaryIO:
    """Return the object as a file: the real one, or ranged reads behind a buffer.

    Raises StoreUnavailable, at once or while it is read, also if the object is not there: who reads a file
    takes anything else for a mistake in its content.
    """
    try:
        file = blobs.open_file(key)
    except ObjectMissing:
        raise lost() from None
    if file is not None:
        return file
    ranged = cast("io.RawIOBase", RangedObject(blobs, key, size_bytes))
    return cast("BinaryIO", io.BufferedReader(ranged, READ_AHEAD_BYTES))


class RangedObject(io.RawIOBase):
    """Reads any part of an object, one ranged request a read."""

    def __init__(self, blobs: BlobStore, key: str, size_bytes: int) -> None:
        super().__init__()
        self._blobs = blobs
        self._key = key
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; no request is made."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        if base + offset < 0:
            message = "negative position"
            raise ValueError(message)
        self._position = base + offset
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # any writable buffer will do
        """Fill the buffer from the current position."""
        wanted = min(len(buffer), self._size_bytes - self._position)
        if wanted <= 0:
            return 0
        filled = 0
        try:
            blocks = self._blobs.read(
                self._key, start=self._position, length=wanted, size_bytes=self._size_bytes
            )
        except ObjectMissing:
            raise lost() from None
        for block in blocks:
            buffer[filled : filled + len(block)] = block
            filled += len(block)
        self._position += filled
        return filled


def lost() -> StoreUnavailable:
    """Say that an object which was written is not there."""
    return StoreUnavailable(text("the blob store lost the object; send it again"))
