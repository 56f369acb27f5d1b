"""Blobs on an S3 server through the `minio` SDK, the only module that imports it."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, cast

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.storage.port import (
    BLOCK_BYTES,
    DownloadLink,
    ObjectMissing,
    StoredObject,
    StoreUnavailable,
    object_path,
)

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

MAX_PARTS = 10_000
PART_BYTES = 8 * 1024 * 1024
PARALLEL_PARTS = 3
CONNECT_SECONDS = 2
READ_SECONDS = 30
MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})


@dataclass(frozen=True, slots=True)
class S3Location:
    """Which server, which bucket, and the name of the server that clients can reach."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    secure: bool
    public_endpoint: str | None = None
    region: str = "us-east-1"


class MinioBlobStore:
    """Implements BlobStore in one bucket. `max_object_bytes` decides how large a part has to be."""

    def __init__(self, location: S3Location, *, max_object_bytes: int) -> None:
        self._bucket = location.bucket
        self._client = connect(location, location.endpoint)
        # A signature covers the host name, so links are signed for the name that clients use.
        self._public = connect(location, location.public_endpoint or location.endpoint)
        self._part_bytes = max(PART_BYTES, -(-max_object_bytes // MAX_PARTS))

    def write(self, key: str, blocks: Iterable[bytes]) -> None:
        """One PUT, or a multipart upload of unknown length with three parts in flight."""
        source = BlockReader(blocks)
        try:
            with translated_errors():
                self._client.put_object(
                    self._bucket,
                    object_path(key),
                    cast("BinaryIO", source),
                    length=-1,
                    part_size=self._part_bytes,
                    num_parallel_uploads=PARALLEL_PARTS,
                )
        except BaseException:
            source.reraise()
            raise

    def size_of(self, key: str) -> int | None:
        """One HEAD request."""
        try:
            with translated_errors():
                return self._client.stat_object(self._bucket, object_path(key)).size
        except ObjectMissing:
            return None

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """One ranged GET; the connection goes back to the pool when the iteration ends."""
        if length == 0:
            return iter(())
        with translated_errors():
            response = self._client.get_object(
                self._bucket, object_path(key), offset=start, length=length or 0
            )
        return self._read_open(response, length)

    def _read_open(self, response: "BaseHTTPResponse", length: int | None) -> Iterator[bytes]:
        passed = 0
        whole = False
        try:
            with translated_errors():
                for block in response.stream(BLOCK_BYTES):
                    passed += len(block)
                    yield block
            whole = True
        finally:
            if not whole:
                response.close()  # an unread rest would poison the connection for the next request
            response.release_conn()
        if length is not None and passed != length:
            raise StoreUnavailable("the stored object is shorter than it was")

    def open_file(self, key: str) -> BinaryIO | None:  # noqa: ARG002
        """The bytes are on another machine."""
        return None

    def link(self, key: str, wanted: DownloadLink) -> str:
        """A presigned GET that makes the server answer with our name and type."""
        return self._public.presigned_get_object(
            self._bucket,
            object_path(key),
            expires=timedelta(seconds=wanted.lifetime_seconds),
            response_headers={
                "response-content-type": wanted.content_type,
                "response-content-disposition": wanted.content_disposition,
            },
        )

    def delete(self, key: str) -> None:
        """S3 answers 204 for an absent key too."""
        try:
            with translated_errors():
                self._client.remove_object(self._bucket, object_path(key))
        except ObjectMissing:
            return

    def keys(self) -> Iterator[StoredObject]:
        """List the bucket, a thousand keys a request."""
        with translated_errors():
            for found in self._client.list_objects(self._bucket, prefix="objects/", recursive=True):
                name = str(found.object_name).rsplit("/", 1)[-1]
                modified_at = found.last_modified or datetime.fromtimestamp(0, UTC)
                yield StoredObject(name, found.size or 0, modified_at)

    def check(self) -> None:
        """See that the bucket is there."""
        with translated_errors():
            if not self._client.bucket_exists(self._bucket):
                raise StoreUnavailable("the bucket does not exist")

    def make_bucket(self) -> None:
        """Create the bucket unless it is there."""
        with translated_errors():
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)


class BlockReader(io.RawIOBase):
    """Presents blocks as a stream whose `read(n)` returns exactly n bytes until the end.

    The SDK reads a part at a time and is three times as fast when no read is short. What `blocks`
    raises is kept, because the SDK may wrap or replace it.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__()
        self._blocks = iter(blocks)
        self._rest = b""
        self._failure: BaseException | None = None

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return exactly `size` bytes, fewer only at the end."""
        pieces, missing = [self._rest], size - len(self._rest)
        while missing > 0 or size < 0:
            try:
                block = next(self._blocks)
            except StopIteration:
                break
            except BaseException as failure:
                self._failure = failure
                raise
            pieces.append(block)
            missing -= len(block)
        whole = b"".join(pieces)
        if size < 0:
            self._rest = b""
            return whole
        self._rest = whole[size:]
        return whole[:size]

    def reraise(self) -> None:
        """Raise what the source of the blocks raised, if it did."""
        if self._failure is not None:
            raise self._failure


def connect(location: S3Location, endpoint: str) -> Minio:
    """Build a client that gives up within seconds instead of minutes."""
    pool = urllib3.PoolManager(
        maxsize=32,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=urllib3.Retry(total=1, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
    )
    return Minio(
        endpoint,
        access_key=location.access_key,
        secret_key=location.secret_key,
        secure=location.secure,
        region=location.region,
        http_client=pool,
    )


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the SDK and its transport raise into the port's words."""
    try:
        yield
    except AppError:
        raise
    except S3Error as error:
        if error.code in MISSING:
            raise ObjectMissing from error
        raise StoreUnavailable("the blob store refused the request", store_code=error.code) from error
    except (HTTPError, InvalidResponseError, ServerError, MinioException, OSError) as error:
        raise StoreUnavailable("the blob store does not answer") from error
