"""Writes a file so that the disk has it, past the page cache where the file system allows that.

What goes through the cache is written there first, and the sync at the end waits for all of it. With O_DIRECT
(open(2)) the disk takes each chunk from our own memory, in a thread, while the next one arrives.
"""

import contextlib
import errno
import fcntl
import mmap
import os
import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from wxcloudrun.kit import clock
from wxcloudrun.kit.texts import text
from wxcloudrun.kit.trouble import Trouble, trouble_of
from wxcloudrun.stores.blobs.port import StoreFull, StoreReadOnly, StoreUnavailable

CHUNK_BYTES = 2 * 1024 * 1024
CHUNKS = 2  # one fills while the disk takes the other
SYNC_EVERY_CHUNKS = 16  # where the cache cannot be avoided
# A source that does not fill a chunk within this gains nothing from going past the cache, and there may be
# hundreds of them, each with chunks of its own.
SLOW_SECONDS = 2.0


@contextlib.contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the operating system says into the port's words."""
    try:
        yield
    except OSError as error:
        match trouble_of(error):
            case Trouble.FULL:
                raise full() from error
            case Trouble.READ_ONLY:
                raise StoreReadOnly(text("the blob store can only be read at the moment")) from error
            case _:
                raise StoreUnavailable(text("the blob store does not answer")) from error


def full() -> StoreFull:
    """Refuse what does not fit on the disk."""
    return StoreFull(text("the disk of the blob store is full; delete what is not needed"))


class DurableFile:
    """A new file that is written from its beginning to its end; use it as a context.

    When the context has ended without an exception the disk has the bytes. Raises StoreUnavailable. A file
    of less than a chunk is written at the end, by the thread that made it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._chunk: mmap.mmap | None = new_chunk()  # None from when the source has turned out slow
        self._filled = 0
        self._begun_at = clock.monotonic()  # the chunk
        self._writer: ChunkWriter | None = None
        self._unsynced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.finish()
        if error is None:
            with translated_errors():
                self._write_rest()
                os.fsync(self._descriptor)

    def write(self, block: bytes) -> None:
        """Take a block. Raises what the writing of an earlier one raised."""
        view = memoryview(block)
        if self._chunk is not None and clock.monotonic() - self._begun_at > SLOW_SECONDS:
            self._give_up_chunks()
        if self._chunk is None:
            self._write_through(view)
            return
        while view:
            piece = view[: CHUNK_BYTES - self._filled]
            self._chunk[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == CHUNK_BYTES:
                self._pass_on(self._chunk)

    def _write_rest(self) -> None:
        if self._writer is not None:
            self._writer.reraise()
        if self._chunk is not None:
            write_all(self._descriptor, memoryview(self._chunk)[: self._filled])

    def _give_up_chunks(self) -> None:
        if self._writer is not None:
            self._writer.finish()
        with translated_errors():
            self._write_rest()
        self._writer, self._chunk = None, None

    def _write_through(self, view: memoryview) -> None:
        with translated_errors():
            write_all(self._descriptor, view)
            self._unsynced += len(view)
            if self._unsynced >= SYNC_EVERY_CHUNKS * CHUNK_BYTES:
                os.fdatasync(self._descriptor)
                self._unsynced = 0

    def _pass_on(self, chunk: mmap.mmap) -> None:
        self._writer = self._writer or ChunkWriter(self._descriptor)
        self._chunk, self._filled = self._writer.exchange(chunk), 0
        self._begun_at = clock.monotonic()
        with translated_errors():
            self._writer.reraise()


class ChunkWriter:
    """Writes whole chunks in a thread of its own, in turn.

    What a write or a sync raises must not be lost: the kernel reports a failed write only once.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._full: queue.SimpleQueue[mmap.mmap | None] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[mmap.mmap] = queue.SimpleQueue()
        for _ in range(CHUNKS - 1):
            self._free.put(new_chunk())
        self._failure: OSError | None = None
        self._written = 0
        self._is_direct = set_direct(descriptor, is_direct=True)
        self._thread = threading.Thread(target=self._work, name="disk", daemon=True)
        self._thread.start()

    def exchange(self, full: mmap.mmap) -> mmap.mmap:
        """Take a full chunk and give an empty one; waits while the disk is behind."""
        self._full.put(full)
        return self._free.get()

    def finish(self) -> None:
        """Return when every chunk has been written; what follows is shorter and goes through the cache."""
        self._full.put(None)
        self._thread.join()
        self._go_through_cache()

    def reraise(self) -> None:
        """Raise what writing raised."""
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while (chunk := self._full.get()) is not None:
            try:
                if self._failure is None:
                    self._write(memoryview(chunk))
            except OSError as failure:
                self._failure = failure
            self._free.put(chunk)

    def _write(self, view: memoryview) -> None:
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                # Some file systems refuse only here; and the rest of a short write may begin anywhere.
                if error.errno != errno.EINVAL or not self._is_direct:
                    raise
                self._go_through_cache()
        self._written += 1
        if not self._is_direct and self._written % SYNC_EVERY_CHUNKS == 0:
            os.fdatasync(self._descriptor)

    def _go_through_cache(self) -> None:
        if self._is_direct:
            set_direct(self._descriptor, is_direct=False)
            self._is_direct = False


def new_chunk() -> mmap.mmap:
    """Return memory that begins at a page, as O_DIRECT demands."""
    return mmap.mmap(-1, CHUNK_BYTES)


def set_direct(descriptor: int, *, is_direct: bool) -> bool:
    """Let a file be written past the page cache, or not; return whether it is."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~os.O_DIRECT
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_DIRECT if is_direct else flags)
    except OSError:
        return False
    return is_direct


def write_all(descriptor: int, view: memoryview) -> None:
    """Write bytes; the kernel may take them in pieces."""
    while view:
        view = view[os.write(descriptor, view) :]
