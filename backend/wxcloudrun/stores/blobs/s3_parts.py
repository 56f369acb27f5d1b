"""One object of unknown length to an S3 server: a multipart upload from a few buffers that are used again.

The SDK's own `put_object` copies each part three times on its way and holds the copies. It also signs and
hashes the parts, which is kept here: no other digest of a part is known, and the server checks this one.
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import cast

from minio import Minio
from minio.datatypes import Part
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from wxcloudrun.stores.blobs.s3_answers import confirmed

PARALLEL_PARTS = 2
BUFFERS = PARALLEL_PARTS + 1  # the last of them is filled while the others are sent


class PartReader:
    """Fills buffers from blocks of any size."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def fill(self, buffer: bytearray) -> memoryview:
        """Return the buffer as far as it could be filled: wholly but for the last time."""
        target, filled = memoryview(buffer), 0
        while filled < len(target):
            if not self._rest:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._rest = memoryview(block)
            piece = self._rest[: len(target) - filled]
            target[filled : filled + len(piece)] = piece
            self._rest = self._rest[len(piece) :]
            filled += len(piece)
        return target[:filled]


class PartsUpload:
    """One multipart upload. `client` waits for parts; `quick` is asked to throw them away."""

    def __init__(self, client: Minio, quick: Minio, bucket: str, path: str) -> None:
        self._client = client
        self._quick = quick
        self._bucket = bucket
        self._path = path

    def send(self, blocks: Iterator[bytes], part_bytes: int) -> None:
        """Send everything. Raises what `blocks` and the SDK raise; then what was sent is thrown away."""
        self._complete(lambda upload_id: self._send_parts(upload_id, PartReader(blocks), part_bytes))

    def _complete(self, send_parts: Callable[[str], list[Part]]) -> None:
        upload_id = self._client._create_multipart_upload(self._bucket, self._path, {})  # noqa: SLF001  # no public name
        try:
            parts = send_parts(upload_id)
            done = self._client._complete_multipart_upload(self._bucket, self._path, upload_id, parts)  # noqa: SLF001  # no public name
            confirmed(done.etag)  # a server may answer 200 first and fail then
        except BaseException:
            with contextlib.suppress(MinioException, HTTPError, OSError):  # the sweeper aborts it later
                self._quick._abort_multipart_upload(self._bucket, self._path, upload_id)  # noqa: SLF001  # no public name
            raise

    def _send_parts(self, upload_id: str, reader: PartReader, part_bytes: int) -> list[Part]:
        buffers = [bytearray(part_bytes) for _ in range(BUFFERS)]
        sent: list[Future[Part]] = []
        with ThreadPoolExecutor(PARALLEL_PARTS, "part") as lanes:
            for number in count(1):
                if number > BUFFERS:
                    sent[number - BUFFERS - 1].result()  # its buffer is the next
                body = reader.fill(buffers[number % BUFFERS])
                if body:
                    sent.append(lanes.submit(self._send_part, upload_id, number, body))
                if len(body) < part_bytes:
                    break
        return [each.result() for each in sent]

    def _send_part(self, upload_id: str, number: int, body: memoryview) -> Part:
        etag = self._client._upload_part(  # noqa: SLF001  # no public name
            self._bucket, self._path, cast("bytes", body), None, upload_id, number
        )
        return Part(number, confirmed(etag))
