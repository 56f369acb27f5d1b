"""A part of a file of this machine as blocks."""

from collections.abc import Iterator
from typing import BinaryIO

from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.durable_file import translated_errors
from wxcloudrun.stores.blobs.port import StoreUnavailable

READ_BYTES = 512 * 1024  # still in the processor's cache when it is sent, so faster than more, or sendfile


def file_blocks(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """Yield a part of an open file, and close it. Raises StoreUnavailable, also if it has become shorter."""
    with file:
        yield from blocks_of_open(file, start, length)


def blocks_of_open(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """Yield the same, and leave the file open."""
    file.seek(start)
    left = length
    while left:
        with translated_errors():
            block = file.read(min(left, READ_BYTES))
        if not block:
            raise StoreUnavailable(text("the stored object is shorter than it was"))
        left -= len(block)
        yield block
