"""A writer that can be resumed, in a directory: one sparse file, which is renamed when it is sealed.

Beside the file lies another with the epochs. Every block is written while its lane is locked there and after
the epoch in it was compared: a check after the write would be too late, because the bytes of whoever came
later would be damaged by then. The locks belong to open files (fcntl(2), "open file description locks"), so
they hold between threads and between processes, and end with whoever dies.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wxcloudrun.stores.blobs.continued_hash import this_start
from wxcloudrun.stores.blobs.directories import move_durably, sync_directory
from wxcloudrun.stores.blobs.durable_file import translated_errors
from wxcloudrun.stores.blobs.file_blocks import file_blocks
from wxcloudrun.stores.blobs.port import ObjectMissing, OtherSize, object_path
from wxcloudrun.stores.blobs.room import Room
from wxcloudrun.stores.blobs.writeback import begin_writing
from wxcloudrun.stores.blobs.writing import Fence, WriterState, WrittenPart, covered, preempted

EPOCHS = ".epochs"
EPOCH = struct.Struct("=q")
ENDED_AT = 0  # not 0 there: nobody writes any more
SYNC_EVERY_BYTES = 32 * 1024 * 1024  # so that the last sync of a large part is short


@dataclass(frozen=True, slots=True)
class Epochs:
    """The open file with the epochs of one unfinished object."""

    descriptor: int

    @contextlib.contextmanager
    def locked(self, start: int = 0, length: int = 0) -> Iterator[None]:
        """Hold a part of the file, or the whole, against everybody else. Raises OSError."""
        self._lock(fcntl.F_WRLCK, start, length)
        try:
            yield
        finally:
            self._lock(fcntl.F_UNLCK, start, length)

    @contextlib.contextmanager
    def turn(self, fence: Fence) -> Iterator[None]:
        """Hold a lane in the name of an epoch. Raises Preempted, OSError."""
        place = EPOCH.size * (fence.lane + 1)
        with self.locked(place, EPOCH.size):
            latest = self._at(place)
            if latest > fence.epoch or self._at(ENDED_AT):
                raise preempted()
            if latest < fence.epoch:
                os.pwrite(self.descriptor, EPOCH.pack(fence.epoch), place)
            yield

    def end(self) -> None:
        """Let nobody write any more; the whole must be locked."""
        os.pwrite(self.descriptor, EPOCH.pack(1), ENDED_AT)

    def _at(self, place: int) -> int:
        kept = os.pread(self.descriptor, EPOCH.size, place)
        return EPOCH.unpack(kept)[0] if len(kept) == EPOCH.size else 0

    def _lock(self, kind: int, start: int, length: int) -> None:
        request = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)
        fcntl.fcntl(self.descriptor, fcntl.F_OFD_SETLKW, request)


class FileWriter:
    """Implements ResumableWriter on one file system."""

    def __init__(self, root: Path, room: Room, state: WriterState) -> None:
        self.state = state
        self._room = room
        self._temporary = root / "tmp" / state.key
        self._epochs = epochs_path(root, state.key)
        self._final = root / object_path(state.key)

    def begin(self) -> None:
        """Make both files, and their names durable."""
        with translated_errors():
            self._epochs.touch(exist_ok=False)
            self._temporary.touch(exist_ok=False)
            sync_directory(self._temporary.parent)

    def put(self, offset: int, blocks: Iterable[bytes], fence: Fence) -> WrittenPart:
        """Write in place, block by block."""
        size_bytes, unsynced = 0, 0
        with self._opened() as (file, epochs):
            self._claim_turn(epochs, fence)
            for block in filter(None, blocks):
                with translated_errors(), epochs.turn(fence):
                    self._room.claim(file, offset + size_bytes, len(block))
                    write_all_at(file, memoryview(block), offset + size_bytes)
                begin_writing(file, offset + size_bytes, len(block))
                size_bytes += len(block)
                unsynced += len(block)
                if unsynced >= SYNC_EVERY_BYTES:
                    sync_bytes(file)
                    unsynced = 0
            sync_bytes(file)
            self._claim_turn(epochs, fence)
        return WrittenPart(offset, size_bytes, this_start())

    def is_sure_of(self, part: WrittenPart) -> bool:
        """It was synced, so what may lose it is a start of the machine with a disk that has lied."""
        return bool(part.receipt) and part.receipt == this_start()

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Lock the file itself (flock(2)), of which writers know nothing."""
        try:
            file = self._open(self._temporary)
        except ObjectMissing:
            yield False
            return
        try:
            yield is_locked(file)
        finally:
            os.close(file)

    def read(self, parts: Sequence[WrittenPart]) -> Iterator[bytes]:
        """Read the file, which others may go on writing."""
        for part in parts:
            with translated_errors():
                try:
                    file = self._temporary.open("rb", buffering=0)
                except FileNotFoundError:
                    raise ObjectMissing(self.state.key) from None
            yield from file_blocks(file, part.offset, part.size_bytes)

    def seal(self, parts: Sequence[WrittenPart]) -> None:
        """Cut off what was put and not counted, sync, rename."""
        total, _ = covered(parts)
        try:
            with self._opened() as (file, epochs), translated_errors(), epochs.locked():
                epochs.end()
                if os.fstat(file).st_size < total:
                    raise OtherSize(self.state.key)
                os.ftruncate(file, total)
                os.fsync(file)
                move_durably(self._temporary, self._final)
        except OtherSize:
            raise
        except ObjectMissing:
            self._require_sealed(total)
        with translated_errors():
            self._epochs.unlink(missing_ok=True)

    def cancel(self) -> None:
        """Stop whoever writes, and unlink."""
        with contextlib.suppress(ObjectMissing), self._opened() as (_, epochs):
            self._end(epochs)
        with translated_errors():
            remove_unfinished(self._temporary, self._epochs)

    def _require_sealed(self, total: int) -> None:
        """Return if an earlier call has done it."""
        with translated_errors():
            try:
                actual = self._final.stat().st_size
            except FileNotFoundError:
                raise ObjectMissing(self.state.key) from None
        if actual != total:
            raise OtherSize(self.state.key)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[int, Epochs]]:
        """Open both files, the epochs first: whoever gets them before the end sees the end there."""
        with contextlib.ExitStack() as opened:
            epochs = Epochs(self._open(self._epochs))
            opened.callback(os.close, epochs.descriptor)
            file = self._open(self._temporary)
            opened.callback(os.close, file)
            yield file, epochs

    def _open(self, path: Path) -> int:
        with translated_errors():
            try:
                return os.open(path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                raise ObjectMissing(self.state.key) from None

    def _end(self, epochs: Epochs) -> None:
        with translated_errors(), epochs.locked():
            epochs.end()

    def _claim_turn(self, epochs: Epochs, fence: Fence) -> None:
        with translated_errors(), epochs.turn(fence):
            pass


def epochs_path(root: Path, key: str) -> Path:
    """Return where the epochs of an unfinished object lie."""
    return root / "tmp" / f"{key}{EPOCHS}"


def remove_unfinished(temporary: Path, epochs: Path) -> None:
    """Unlink both files, the object last: while it is there, the sweeper finds them. Raises OSError."""
    epochs.unlink(missing_ok=True)
    temporary.unlink(missing_ok=True)


def is_locked(descriptor: int) -> bool:
    """Lock a file for whoever has opened it here, if nobody else has; closing it ends that."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def sync_bytes(descriptor: int) -> None:
    """Let the disk have what was written. Raises StoreUnavailable."""
    with translated_errors():
        os.fdatasync(descriptor)


def write_all_at(descriptor: int, view: memoryview, offset: int) -> None:
    """Write bytes at a place; the kernel may take them in pieces. Raises OSError."""
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
