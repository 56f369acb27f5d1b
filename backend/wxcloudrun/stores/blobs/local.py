"""Blobs in a directory of this machine: fsync, then an atomic rename, then the file never changes."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from wxcloudrun.stores.blobs.directories import move_durably
from wxcloudrun.stores.blobs.durable_file import DurableFile, translated_errors
from wxcloudrun.stores.blobs.file_blocks import file_blocks
from wxcloudrun.stores.blobs.file_writer import EPOCHS, FileWriter, epochs_path, remove_unfinished
from wxcloudrun.stores.blobs.port import (
    DownloadLink,
    ObjectMissing,
    OtherSize,
    StoredObject,
    is_key,
    object_path,
    quarantine_path,
)
from wxcloudrun.stores.blobs.room import Room
from wxcloudrun.stores.blobs.writing import WriterState


class LocalBlobStore:
    """Implements BlobStore below one directory, which must be one file system."""

    def __init__(self, root: Path, *, reserve_bytes: int | None = None) -> None:
        self._root = root
        self._room = Room(root, reserve_bytes)
        (root / "objects").mkdir(parents=True, exist_ok=True)
        (root / "tmp").mkdir(exist_ok=True)
        self._unfinished = str(root / "tmp")  # text, for pathlib takes longer than the system calls

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:  # noqa: ARG002  # the port demands it
        """Write to `tmp`, sync, rename: a name under `objects` always means a whole object."""
        temporary, final = f"{self._unfinished}/{key}", f"{self._root}/{object_path(key)}"
        try:
            with translated_errors():
                file = FileIO(temporary, "xb")
            with file, DurableFile(file.fileno()) as durable:
                for block in self._room.claimed(file.fileno(), blocks):
                    durable.write(block)
            with translated_errors():
                move_durably(temporary, final)
        except BaseException:
            with contextlib.suppress(OSError):  # what went wrong before must not be hidden
                Path(temporary).unlink(missing_ok=True)
            raise
        return None

    def require_room(self, size_bytes: int) -> None:
        """Leave the reserve alone."""
        self._room.require(size_bytes)

    def size_of(self, key: str) -> int | None:
        """One stat call."""
        with translated_errors():
            try:
                return os.stat(f"{self._root}/{object_path(key)}").st_size  # noqa: PTH116  # as in open_file
            except FileNotFoundError:
                return None

    def pass_by(self, key: str) -> None:
        """A file that nobody used lately takes its file system ten times as long to find as a new one."""
        with contextlib.suppress(OSError):
            os.stat(f"{self._root}/{object_path(key)}")  # noqa: PTH116  # as in size_of

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Open at once, so that a missing object is known before an answer begins."""
        file = self.open_file(key)
        actual = os.fstat(file.fileno()).st_size
        if size_bytes not in (None, actual):
            file.close()
            raise OtherSize(key)
        return file_blocks(file, start, actual - start if length is None else length)

    def open_file(self, key: str) -> BinaryIO:
        """The real file."""
        with translated_errors():
            try:
                return open(f"{self._root}/{object_path(key)}", "rb", buffering=0)  # noqa: PTH123  # half the time of Path.open
            except FileNotFoundError:
                raise ObjectMissing(key) from None

    def link(self, key: str, wanted: DownloadLink) -> str | None:  # noqa: ARG002  # the port demands it
        """A directory serves no URLs; the service signs its own."""
        return None

    def delete(self, key: str) -> None:
        """Unlink; readers that have the file open go on reading it."""
        with translated_errors():
            self._path(key).unlink(missing_ok=True)

    def keys(self, shard: str | None = None) -> Iterator[StoredObject]:
        """Walk the shards. A directory that cannot be listed is not an empty one: that raises."""
        return self._walk("objects", shard)

    def begin(self, key: str, *, size_bytes: int | None, part_bytes: int) -> FileWriter:
        """A sparse file, which stays where it is until it is renamed."""
        writer = self.resume(WriterState(key, size_bytes, part_bytes))
        writer.begin()
        return writer

    def resume(self, state: WriterState) -> FileWriter:
        """Nothing is opened before there is something to do."""
        return FileWriter(self._root, self._room, state)

    def suitable_part_bytes(self, size_bytes: int | None, wanted_bytes: int) -> int:  # noqa: ARG002  # the port demands it
        """A file takes any."""
        return wanted_bytes

    def unfinished(self) -> Iterator[str]:
        """What lies in `tmp`: a finished object has been renamed away from there."""
        names = {path.name.removesuffix(EPOCHS) for path in entries(self._root / "tmp")}
        return (name for name in names if is_key(name))

    def abort(self, key: str) -> None:
        """Unlink; the rename of a writer that is still there fails."""
        with translated_errors():
            remove_unfinished(self._root / "tmp" / key, epochs_path(self._root, key))

    def quarantine(self, key: str) -> None:
        """One rename."""
        self._move(key, object_path(key), quarantine_path(key))

    def restore(self, key: str) -> None:
        """The same rename back."""
        self._move(key, quarantine_path(key), object_path(key))

    def quarantined(self) -> Iterator[StoredObject]:
        """Walk the quarantine, which is made when it is first needed."""
        return self._walk("quarantine", None) if (self._root / "quarantine").exists() else iter(())

    def check(self) -> None:
        """See that the directories are there and take files, and that there is room for more."""
        with translated_errors():
            os.scandir(self._root / "objects").close()
            tempfile.TemporaryFile(dir=self._root / "tmp").close()
        self.require_room(0)

    def _walk(self, top: str, shard: str | None) -> Iterator[StoredObject]:
        root = self._root / top
        for directory in (root / shard,) if shard else entries(root):
            for path in entries(directory) if directory.is_dir() else ():
                with translated_errors():
                    try:
                        status = path.stat()
                    except FileNotFoundError:
                        continue  # deleted between the listing and the look
                if is_key(path.name):
                    modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
                    yield StoredObject(path.name, status.st_size, modified_at)

    def _move(self, key: str, source: str, target: str) -> None:
        with translated_errors():
            (self._root / target).parent.parent.mkdir(exist_ok=True)
            try:
                move_durably(self._root / source, self._root / target)
            except FileNotFoundError:
                raise ObjectMissing(key) from None

    def _path(self, key: str) -> Path:
        return self._root / object_path(key)


def entries(directory: Path) -> list[Path]:
    """Return what lies in a directory. Raises StoreUnavailable if it cannot be listed."""
    with translated_errors():
        return list(directory.iterdir())
