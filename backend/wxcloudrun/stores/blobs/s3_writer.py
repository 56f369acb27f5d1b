"""A writer that can be resumed, on an S3 server: a multipart upload of the final key, so no copy at the end.

S3 takes 10 000 numbered parts, of 5 MiB at least but for the last. So the object is cut in equal cells. What
fills a cell goes up as a part of the upload at once. What does not is staged as an object of its own, under
a name that is never used twice, and joined with the rest of its cell when the object is sealed.

Each cell has several numbers, and another attempt takes another one. A late writer can therefore not replace
what a later one has put; where the numbers have gone round, the ETags that completing names decide.
"""

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from minio import Minio
from minio.datatypes import Part
from minio.error import S3Error

from wxcloudrun.stores.blobs.port import ObjectMissing, OtherSize, object_path
from wxcloudrun.stores.blobs.s3_answers import MISSING, OpenedRead, confirmed, translated_errors
from wxcloudrun.stores.blobs.s3_parts import PartReader
from wxcloudrun.stores.blobs.s3_stream import SourceFailed, marked
from wxcloudrun.stores.blobs.writing import Fence, WriterState, WrittenPart, covered

MAX_PARTS = 10_000
LEAST_CELL_BYTES = 5 * 1024 * 1024
MOST_CELLS = MAX_PARTS // 2  # so that another attempt has another number
STAGED = "staged/"
GONE = MISSING | {"NoSuchUpload", "InvalidPart"}  # the last: a part is not what was put


@dataclass(frozen=True, slots=True)
class Piece:
    """One request's worth of bytes as it was put. `number` is None for what was staged."""

    offset: int
    size_bytes: int
    number: int | None
    name: str  # the ETag of a part, the path of what was staged


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """A bucket, and clients to it: `patient` waits for parts, `quick` for everything else."""

    name: str
    quick: Minio
    patient: Minio
    size_at: Callable[[str], int | None]


def cell_bytes(size_bytes: int | None, largest_bytes: int, part_bytes: int) -> int:
    """Return in what the object is cut: so much that S3 takes it, and whole parts if they are small."""
    least = max(LEAST_CELL_BYTES, -(-(size_bytes or largest_bytes) // MOST_CELLS))
    return part_bytes * -(-least // part_bytes) if part_bytes < least else least


def suitable_part_bytes(size_bytes: int | None, largest_bytes: int, wanted_bytes: int) -> int:
    """Return a number of whole cells, or less than one."""
    cell = cell_bytes(size_bytes, largest_bytes, MAX_PARTS * LEAST_CELL_BYTES)
    return wanted_bytes - wanted_bytes % cell if wanted_bytes >= cell else wanted_bytes


class S3Writer:
    """Implements ResumableWriter. The state's `part_bytes` are the cell."""

    def __init__(self, bucket: S3Bucket, state: WriterState) -> None:
        self.state = state
        self._bucket = bucket
        self._path = object_path(state.key)

    @classmethod
    def begun(cls, bucket: S3Bucket, key: str, *, size_bytes: int | None, cell: int) -> "S3Writer":
        """Create the multipart upload."""
        with translated_errors():
            upload_id = bucket.quick._create_multipart_upload(bucket.name, object_path(key), {})  # noqa: SLF001  # no public name
        return cls(bucket, WriterState(key, size_bytes, cell, confirmed(upload_id)))

    def put(self, offset: int, blocks: Iterable[bytes], fence: Fence) -> WrittenPart:
        """Send cell by cell, so that no connection waits for a slow client."""
        reader, end, sent = PartReader(marked(blocks)), offset, list[Piece]()
        try:
            while body := reader.fill(bytearray(self._room_in_cell(end))):
                with translated_errors():
                    sent.append(self._send(end, body, fence))
                end += len(body)
        except SourceFailed as failed:
            raise failed.failure from None
        return WrittenPart(offset, end - offset, receipt_of(sent))

    def read(self, parts: Sequence[WrittenPart]) -> None:
        """Parts of an unfinished upload cannot be read."""

    def is_sure_of(self, part: WrittenPart) -> bool:  # noqa: ARG002  # the port demands it
        """What is read was joined meanwhile, by a server of others."""
        return False

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """There is nothing to be alone for: nothing can be read."""
        yield False

    def seal(self, parts: Sequence[WrittenPart]) -> None:
        """Join what was staged, complete the upload."""
        total, ordered = covered(parts)
        pieces = [piece for part in ordered for piece in pieces_of(part)]
        with translated_errors():
            with contextlib.suppress(ObjectMissing), lost_uploads_missing(self.state.key):
                self._complete(pieces)  # it fails so if an earlier call has done it
            actual = self._bucket.size_at(self._path)
            if actual is None:
                raise ObjectMissing(self.state.key)
            if actual != total:
                raise OtherSize(self.state.key)
            self._remove_staged()

    def cancel(self) -> None:
        """Abort the upload; there is none after it was completed."""
        with translated_errors():
            with contextlib.suppress(ObjectMissing), lost_uploads_missing(self.state.key):
                self._bucket.quick._abort_multipart_upload(  # noqa: SLF001  # no public name
                    self._bucket.name, self._path, str(self.state.upload_id)
                )
            self._remove_staged()

    def _room_in_cell(self, offset: int) -> int:
        return self.state.part_bytes - offset % self.state.part_bytes

    def _fills_cell(self, offset: int, size_bytes: int) -> bool:
        is_end = offset + size_bytes == self.state.size_bytes
        return offset % self.state.part_bytes == 0 and (size_bytes == self.state.part_bytes or is_end)

    def _send(self, offset: int, body: memoryview, fence: Fence) -> Piece:
        if self._fills_cell(offset, len(body)):
            return self._send_part(offset, body, fence.epoch)
        path = f"{staged_prefix(self.state.key)}{offset}.{fence.lane}.{fence.epoch}"
        written = self._bucket.quick.put_object(self._bucket.name, path, io.BytesIO(bytes(body)), len(body))
        confirmed(written.etag)
        return Piece(offset, len(body), None, path)

    def _send_part(self, offset: int, body: memoryview, epoch: int) -> Piece:
        number = self._number(offset, epoch)
        with lost_uploads_missing(self.state.key):
            etag = self._bucket.patient._upload_part(  # noqa: SLF001  # no public name
                self._bucket.name, self._path, cast("bytes", body), None, str(self.state.upload_id), number
            )
        return Piece(offset, len(body), number, confirmed(etag))

    def _number(self, offset: int, epoch: int) -> int:
        """Return the number of a part: rising with the offset, another one for the next epoch."""
        attempts = MAX_PARTS // MOST_CELLS
        if self.state.size_bytes is not None:
            attempts = MAX_PARTS // -(-self.state.size_bytes // self.state.part_bytes)
        return offset // self.state.part_bytes * attempts + epoch % attempts + 1

    def _complete(self, pieces: Sequence[Piece]) -> None:
        parts = [self._joined(cell, list(some)) for cell, some in groupby(pieces, self._cell_of)]
        done = self._bucket.patient._complete_multipart_upload(  # noqa: SLF001  # no public name
            self._bucket.name, self._path, str(self.state.upload_id), parts
        )
        confirmed(done.etag)  # a server may answer 200 first and fail then

    def _cell_of(self, piece: Piece) -> int:
        return piece.offset // self.state.part_bytes

    def _joined(self, cell: int, pieces: list[Piece]) -> Part:
        """Return the part of one cell, made of what was staged for it if need be."""
        first = pieces[0]
        if first.number is None:
            body = b"".join(block for piece in pieces for block in self._staged(piece))
            first = self._send_part(cell * self.state.part_bytes, memoryview(body), 0)
        return Part(cast("int", first.number), first.name)

    def _staged(self, piece: Piece) -> Iterator[bytes]:
        response = self._bucket.quick.get_object(self._bucket.name, piece.name)
        return OpenedRead(response).blocks(start=0, length=None, size_bytes=piece.size_bytes)

    def _remove_staged(self) -> None:
        remove_staged(self._bucket, self.state.key)


@contextlib.contextmanager
def lost_uploads_missing(key: str) -> Iterator[None]:
    """Raise ObjectMissing where the server does not know the upload, or what was staged for it."""
    try:
        yield
    except S3Error as error:
        if error.code in GONE:
            raise ObjectMissing(key) from error
        raise


def staged_prefix(key: str) -> str:
    """Return below which names the pieces of an unfinished object lie."""
    return f"{STAGED}{key}/"


def staged_keys(bucket: S3Bucket) -> Iterator[str]:
    """Yield the keys of unfinished objects of which pieces are staged. Raises what the SDK raises."""
    for found in bucket.quick.list_objects(bucket.name, prefix=STAGED, recursive=True):
        yield str(found.object_name).removeprefix(STAGED).partition("/")[0]


def remove_staged(bucket: S3Bucket, key: str) -> None:
    """Remove the pieces of an object. Raises what the SDK raises."""
    for found in bucket.quick.list_objects(bucket.name, prefix=staged_prefix(key), recursive=True):
        bucket.quick.remove_object(bucket.name, str(found.object_name))


def receipt_of(pieces: Iterable[Piece]) -> str:
    """Write pieces down in few characters, for a part has up to twenty."""
    rows = [[piece.offset, piece.size_bytes, piece.number, piece.name] for piece in pieces]
    return json.dumps(rows, separators=(",", ":"))


def pieces_of(part: WrittenPart) -> list[Piece]:
    """Read what `receipt_of` has written."""
    return [Piece(*row) for row in json.loads(part.receipt)]
