"""Blobs on an S3 server through the `minio` SDK, which nothing imports but this module and `s3_parts`."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, ReadTimeoutError

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.storage.port import (
    BLOCK_BYTES,
    DownloadLink,
    ObjectMissing,
    StoredObject,
    StoreUnavailable,
    is_key,
    object_path,
    quarantine_path,
)
from wxcloudrun.kit.storage.s3_parts import PartsUpload
from wxcloudrun.kit.storage.s3_stream import (
    POOL_CONNECTIONS,
    AnnouncedBody,
    SourceFailed,
    marked,
    other_length,
    put_stream,
    stream_pool,
)

if TYPE_CHECKING:
    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

MAX_PARTS = 10_000
PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes: memory is what an upload holds of them at once
STREAM_BYTES = 4 * 1024**3  # S3 takes 5 GiB in one piece, some servers a little less
SLOW_PART_SECONDS = 5  # S3 servers give up a connection on which nothing comes for 20 seconds or so
SIGNED_SECONDS = 900  # from the signature to the first byte; the clocks may differ
CONNECT_SECONDS = 2
READ_SECONDS = 4  # one wait for an answer; with it a request fails within five seconds
PART_SECONDS = 30  # a server that is busy with large parts may take longer
MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})
GONE = frozenset({"NoSuchUpload"})


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
        self._client = connect(location, location.endpoint, answer_seconds=READ_SECONDS)
        self._patient = connect(location, location.endpoint, answer_seconds=PART_SECONDS)
        # A signature covers the host name, so links are signed for the name that clients use.
        self._public = connect(
            location, location.public_endpoint or location.endpoint, answer_seconds=READ_SECONDS
        )
        self._streams = stream_pool(PART_SECONDS)
        self._part_bytes = max(PART_BYTES, -(-max_object_bytes // MAX_PARTS))

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """One PUT; for what is large as it comes, or in parts if its length is unknown or its source slow."""
        source = marked(blocks)
        try:
            with translated_errors():
                return self._write(key, source, size_bytes)
        except SourceFailed as failed:
            raise failed.failure from None

    def _write(self, key: str, source: Iterator[bytes], size_bytes: int | None) -> str | None:
        gathered: deque[bytes] = deque()
        length, began_at = 0, clock.monotonic()
        while length < self._part_bytes and (block := next(source, None)) is not None:
            gathered.append(block)
            length += len(block)
        if length < self._part_bytes:
            if size_bytes is not None and length != size_bytes:
                raise other_length()
            whole = b"".join(gathered)
            self._client.put_object(self._bucket, object_path(key), io.BytesIO(whole), length)
            return None
        is_slow = clock.monotonic() - began_at > SLOW_PART_SECONDS
        self.check()  # what comes now would wait long for a server that is not there
        everything = chain(emptying(gathered), source)
        if size_bytes is not None and size_bytes <= STREAM_BYTES and not is_slow:
            return self._write_stream(key, AnnouncedBody(everything, size_bytes))
        upload = PartsUpload(self._patient, self._client, self._bucket, object_path(key))
        upload.send(everything, self._part_bytes)
        return None

    def _write_stream(self, key: str, body: AnnouncedBody) -> str | None:
        lifetime = timedelta(seconds=SIGNED_SECONDS)
        url = self._client.get_presigned_url("PUT", self._bucket, object_path(key), lifetime)
        return put_stream(self._streams, url, body)

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
                while block := response.read1(BLOCK_BYTES):  # what is there, while the next is on its way
                    passed += len(block)
                    yield block
            whole = True
        finally:
            if not whole:
                response.close()  # an unread rest would poison the connection for the next request
            response.release_conn()
        if length is not None and passed != length:
            raise StoreUnavailable("the stored object is shorter than it was")

    def open_file(self, key: str) -> BinaryIO | None:  # noqa: ARG002  # the port demands it
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

    def keys(self, shard: str | None = None) -> Iterator[StoredObject]:
        """List the bucket, a thousand keys a request."""
        return self._list(f"objects/{shard}/" if shard else "objects/")

    def unfinished(self) -> Iterator[str]:
        """List multipart uploads that were neither completed nor aborted.

        Without a prefix, because MinIO takes one for the whole name of an object. It knows those that
        have begun since its own start and throws older ones away by itself after a day.
        """
        with translated_errors():
            paths = [path for path, _ in self._multipart_uploads("")]
        for path in paths:
            name = path.rsplit("/", 1)[-1]
            if is_key(name) and path == object_path(name):
                yield name

    def abort(self, key: str) -> None:
        """Abort every multipart upload of this object."""
        with translated_errors():
            for path, upload_id in self._multipart_uploads(object_path(key)):
                try:
                    self._client._abort_multipart_upload(self._bucket, path, upload_id)  # noqa: SLF001  # no public name
                except S3Error as error:
                    if error.code not in GONE:
                        raise

    def quarantine(self, key: str) -> None:
        """Copy on the server's side, then remove."""
        self._move(object_path(key), quarantine_path(key))

    def restore(self, key: str) -> None:
        """The same copy back."""
        self._move(quarantine_path(key), object_path(key))

    def quarantined(self) -> Iterator[StoredObject]:
        """List the quarantine."""
        return self._list("quarantine/")

    def _list(self, prefix: str) -> Iterator[StoredObject]:
        with translated_errors():
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                name = str(found.object_name).rsplit("/", 1)[-1]
                modified_at = found.last_modified or datetime.fromtimestamp(0, UTC)
                if is_key(name):
                    yield StoredObject(name, found.size or 0, modified_at)

    def _multipart_uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Return path and id of a thousand uploads at most; a later look finds the others."""
        page = self._client._list_multipart_uploads(self._bucket, prefix=prefix)  # noqa: SLF001  # no public name
        return [(str(upload.object_name), str(upload.upload_id)) for upload in page.uploads]

    def _move(self, source: str, target: str) -> None:
        with translated_errors():
            self._client.copy_object(self._bucket, target, CopySource(self._bucket, source))
            self._client.remove_object(self._bucket, source)

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


def emptying(blocks: deque[bytes]) -> Iterator[bytes]:
    """Yield the blocks and hold none that has been yielded."""
    while blocks:
        yield blocks.popleft()


class OneMoreTry(urllib3.Retry):
    """Tries again at once when a connection turned out dead, never after having waited for an answer."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: "BaseHTTPResponse | None" = None,
        error: Exception | None = None,
        _pool: "ConnectionPool | None" = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count a failure, or raise it."""
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


def connect(location: S3Location, endpoint: str, *, answer_seconds: int) -> Minio:
    """Build a client that gives up within seconds instead of minutes."""
    pool = urllib3.PoolManager(
        maxsize=POOL_CONNECTIONS,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=answer_seconds),
        retries=OneMoreTry(total=1, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
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
