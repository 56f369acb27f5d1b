"""Objects whose bytes come slowly: they wait in a file of this machine, not in memory or on a connection.

An S3 server gives up a connection that is silent for long, takes parts of 5 MiB at least, and hundreds of
slow clients may send at once. The file has no name, so nothing is left of it whatever happens.
"""

import mmap
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO

from minio import Minio
from minio.datatypes import Part

from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.s3_parts import PartsUpload

BLOCK_BYTES = 256 * 1024


class Spool:
    """A file that is filled from a slow source, again and again. Raises what the source raises."""

    def __init__(self, file: BinaryIO, source: Iterator[bytes]) -> None:
        self._file = file
        self._source = source
        self._rest = memoryview(b"")
        self.length = 0

    def fill(self, most: int) -> int:
        """Begin anew, and take so many bytes; fewer only at the end. Raises StoreUnavailable."""
        with held_on_disk():
            self._file.seek(0)
        self.length = 0
        while self.length < most:
            self._rest = self._rest or memoryview(next(self._source, b""))
            if not self._rest:
                break
            piece = self._rest[: most - self.length]
            with held_on_disk():
                self._write(piece)
            self._rest = self._rest[len(piece) :]
            self.length += len(piece)
        return self.length

    def _write(self, piece: memoryview) -> None:
        """Write all of it: a disk that is nearly full takes the beginning first, and says no later."""
        while piece:
            piece = piece[self._file.write(piece) :]

    def blocks(self) -> Iterator[bytes]:
        """Yield what the file holds."""
        self._file.seek(0)
        left = self.length
        while left:
            block = self._file.read(min(left, BLOCK_BYTES))
            left -= len(block)
            yield block

    def mapped(self) -> memoryview:
        """Return what the file holds as if it were memory, until it is filled anew."""
        return memoryview(mmap.mmap(self._file.fileno(), self.length, access=mmap.ACCESS_READ))


class SpooledParts(PartsUpload):
    """A multipart upload of parts that go one by one, each when it is whole."""

    def __init__(
        self, client: Minio, quick: Minio, bucket: str, path: str, turns: AbstractContextManager[object]
    ) -> None:
        """`turns` is held while a part is on its way."""
        super().__init__(client, quick, bucket, path)
        self._turns = turns

    def send_spooled(self, spool: Spool, part_bytes: int) -> None:
        """Send what has been spooled, and everything that follows it. Raises what `send` raises."""
        self._complete(lambda upload_id: self._parts_of(upload_id, spool, part_bytes))

    def _parts_of(self, upload_id: str, spool: Spool, part_bytes: int) -> list[Part]:
        sent: list[Part] = []
        for number in count(1):
            with self._turns:
                sent.append(self._send_part(upload_id, number, spool.mapped()))
            if spool.length < part_bytes or not spool.fill(part_bytes):
                return sent
        return sent


@contextmanager
def spooling(folder: Path | None, source: Iterable[bytes]) -> Iterator[Spool]:
    """Have a spool for a source in a folder, the system's own if None. Raises StoreUnavailable."""
    with held_on_disk():
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # closed below
    with file:
        yield Spool(file, iter(source))


@contextmanager
def held_on_disk() -> Iterator[None]:
    """Say what it means if the disk does not take a part; to the S3 adapter an OSError is the server's."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            text("the service has no room on its disk to hold a slow upload; try again later")
        ) from error
