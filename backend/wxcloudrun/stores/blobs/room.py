"""Room for objects on a disk: uploads stop before the reserve, however many of them write at once."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from wxcloudrun.kit.disk import Disk
from wxcloudrun.stores.blobs.durable_file import full, translated_errors

# With so much beyond the reserve nobody needs to ask: it is more than all writers have in their hands.
FAR_BYTES = 256 * 1024**2
UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class Room:
    """The room of one store. Where it becomes scarce, the writers of all processes take it in turn."""

    def __init__(self, root: Path, reserve_bytes: int | None) -> None:
        self._root = root
        self._disk = Disk(root, reserve_bytes)

    def require(self, size_bytes: int) -> None:
        """Raise StoreFull unless so many bytes fit without touching the reserve."""
        with translated_errors():
            fits = self._disk.has_room_for(size_bytes)
        if not fits:
            raise full()

    def claimed(self, descriptor: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass the blocks of a new file on, each when its place on the disk is sure. Raises StoreFull."""
        position = 0
        for block in blocks:
            if block:
                self.claim(descriptor, position, len(block))
                position += len(block)
            yield block

    def claim(self, descriptor: int, position: int, size_bytes: int) -> None:
        """Return when a part of a file has its place on the disk. Raises StoreFull."""
        with translated_errors():
            if self._disk.has_room_for(size_bytes + FAR_BYTES):
                return
            with self._alone():
                self.require(size_bytes)
                allocate(descriptor, position, size_bytes)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one writer of all processes at a time look and take. Raises OSError."""
        directory = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with contextlib.suppress(OSError):  # a network file system may have no locks
                fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)


def allocate(descriptor: int, position: int, size_bytes: int) -> None:
    """Take blocks of the disk for a part of a file, where the file system can. Raises OSError."""
    try:
        os.posix_fallocate(descriptor, position, size_bytes)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
