"""Blobs on an S3 server through the `minio` SDK, which only this module and `s3_*` beside it import."""

import io
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import S3Error
from urllib3.exceptions import HTTPError, ReadTimeoutError

from wxcloudrun.kit import clock, waiting
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import (
    BLOCK_BYTES,
    DownloadLink,
    ObjectMissing,
    StoredObject,
    StoreUnavailable,
    is_key,
    object_path,
    quarantine_path,
)
from wxcloudrun.stores.blobs.s3_answers import (
    OpenedRead,
    UnreadableAnswer,
    confirmed,
    translated_errors,
    translated_sdk_errors,
)
from wxcloudrun.stores.blobs.s3_parts import PartsUpload
from wxcloudrun.stores.blobs.s3_spool import SpooledParts, spooling
from wxcloudrun.stores.blobs.s3_stream import (
    POOL_CONNECTIONS,
    AnnouncedBody,
    SourceFailed,
    marked,
    other_length,
    put_stream,
    stream_pool,
)
from wxcloudrun.stores.blobs.s3_writer import (
    S3Bucket,
    S3Writer,
    cell_bytes,
    remove_staged,
    staged_keys,
    suitable_part_bytes,
)
from wxcloudrun.stores.blobs.writing import WriterState

if TYPE_CHECKING:
    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

MAX_PARTS = 10_000
PART_BYTES = 5 * 1024 * 1024  # the least that S3 takes: memory is what an upload holds of them at once
STREAM_BYTES = 4 * 1024**3  # S3 takes 5 GiB in one piece, some servers a little less
# What a source has not sent within this waits on the disk: parts in memory would be many, and S3 servers give
# up a connection on which nothing comes for 20 seconds or so.
SLOW_SECONDS = 2.0
SIGNED_SECONDS = 900  # from the signature to the first byte; the clocks may differ
PUTS_AT_ONCE = 8  # of objects and parts that are there: hundreds of slow uploads may end in the same moment
CONNECT_SECONDS = 2
LEAST_SECONDS = 1.0  # what a call may take however long its request has waited before
READ_SECONDS = 4  # one wait for an answer; with it a request fails within five seconds
PART_SECONDS = 30  # a server that is busy with large parts may take longer
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
    """Implements BlobStore in one bucket. `max_object_bytes` decides how large a part has to be.

    Parts of slow uploads wait in `spool_folder`, if it is named.
    """

    def __init__(
        self, location: S3Location, *, max_object_bytes: int, spool_folder: Path | None = None
    ) -> None:
        self._bucket = location.bucket
        self._client = connect(location, location.endpoint, answer_seconds=READ_SECONDS)
        self._patient = connect(location, location.endpoint, answer_seconds=PART_SECONDS)
        # A signature covers the host name, so links are signed for the name that clients use.
        self._public = connect(
            location, location.public_endpoint or location.endpoint, answer_seconds=READ_SECONDS
        )
        self._streams = stream_pool(PART_SECONDS)
        self._spool_folder = spool_folder
        self._turns = threading.BoundedSemaphore(PUTS_AT_ONCE)
        self._part_bytes = max(PART_BYTES, -(-max_object_bytes // MAX_PARTS))
        self._largest_bytes = max_object_bytes
        self._resumable = S3Bucket(self._bucket, self._client, self._patient, self._size_at)

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """One PUT; of what is large as it comes, or in parts if its length is unknown."""
        source = marked(blocks)
        try:
            with translated_errors():
                return self._write(key, source, size_bytes)
        except SourceFailed as failed:
            raise failed.failure from None

    def _write(self, key: str, source: Iterator[bytes], size_bytes: int | None) -> str | None:
        # In one piece: many small blocks of many slow sources would leave the heap in crumbs.
        gathered, slow_from = bytearray(), clock.monotonic() + SLOW_SECONDS
        while len(gathered) < self._part_bytes and (block := next(source, None)) is not None:
            gathered += block
            if clock.monotonic() > slow_from:
                return self._write_slow(key, chain(pieces(gathered), source), size_bytes)
        length = len(gathered)
        if length < self._part_bytes:
            if size_bytes is not None and length != size_bytes:
                raise other_length()
            with self._turns:
                whole = io.BytesIO(bytes(gathered))
                written = self._client.put_object(self._bucket, object_path(key), whole, length)
            confirmed(written.etag)
            return None
        self.check()  # what comes now would wait long for a server that is not there
        everything = chain(pieces(gathered), source)
        if size_bytes is not None and size_bytes <= STREAM_BYTES:
            return self._write_stream(key, AnnouncedBody(everything, size_bytes))
        upload = PartsUpload(self._patient, self._client, self._bucket, object_path(key))
        upload.send(everything, self._part_bytes)
        return None

    def _write_slow(self, key: str, source: Iterator[bytes], size_bytes: int | None) -> str | None:
        with spooling(self._spool_folder, source) as spool:
            length = spool.fill(self._part_bytes)
            if length < self._part_bytes and size_bytes not in (None, length):
                raise other_length()
            self.check()
            if length < self._part_bytes:
                with self._turns:
                    return self._write_stream(key, AnnouncedBody(spool.blocks(), length))
            parts = SpooledParts(self._patient, self._client, self._bucket, object_path(key), self._turns)
            parts.send_spooled(spool, self._part_bytes)
            return None

    def _write_stream(self, key: str, body: AnnouncedBody) -> str | None:
        lifetime = timedelta(seconds=SIGNED_SECONDS)
        url = self._client.get_presigned_url("PUT", self._bucket, object_path(key), lifetime)
        return put_stream(self._streams, url, body)

    def require_room(self, size_bytes: int) -> None:
        """An S3 server tells only when it is sent something."""

    def begin(self, key: str, *, size_bytes: int | None, part_bytes: int) -> S3Writer:
        """A multipart upload of the object itself."""
        cell = cell_bytes(size_bytes, self._largest_bytes, part_bytes)
        return S3Writer.begun(self._resumable, key, size_bytes=size_bytes, cell=cell)

    def resume(self, state: WriterState) -> S3Writer:
        """The server knows the upload by its id."""
        return S3Writer(self._resumable, state)

    def suitable_part_bytes(self, size_bytes: int | None, wanted_bytes: int) -> int:
        """What S3 takes as it is, without staging."""
        return suitable_part_bytes(size_bytes, self._largest_bytes, wanted_bytes)

    def size_of(self, key: str) -> int | None:
        """One HEAD request."""
        with translated_errors():
            return self._size_at(object_path(key))

    def pass_by(self, key: str) -> None:
        """Over a network no difference was measured, and another request would cost more than it hides."""

    def _size_at(self, path: str) -> int | None:
        try:
            with translated_sdk_errors():
                found = self._client.stat_object(self._bucket, path)
        except ObjectMissing:
            return None
        confirmed(found.etag)
        if "Content-Length" not in (found.metadata or {}):
            raise UnreadableAnswer("no length")
        return found.size

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """One ranged GET; the connection goes back to the pool when the iteration ends."""
        if length == 0:
            return iter(())
        with translated_errors():
            response = self._client.get_object(
                self._bucket, object_path(key), offset=start, length=length or 0
            )
        return OpenedRead(response).blocks(start=start, length=length, size_bytes=size_bytes)

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
        """List multipart uploads that were neither completed nor aborted, and what has pieces staged.

        Without a prefix, because MinIO takes one for the whole name of an object. It knows those that
        have begun since its own start and throws older ones away by itself after a day.
        """
        with translated_errors():
            paths = [path for path, _ in self._multipart_uploads("")]
            staged = set(staged_keys(self._resumable))
        names = {path.rsplit("/", 1)[-1]: path for path in paths}
        written = {name for name, path in names.items() if is_key(name) and path == object_path(name)}
        yield from written | set(filter(is_key, staged))

    def abort(self, key: str) -> None:
        """Abort every multipart upload of this object, and remove what was staged for it."""
        with translated_errors():
            remove_staged(self._resumable, key)
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
                if not is_key(name):
                    continue
                if found.size is None:
                    raise UnreadableAnswer("an object without a size")
                yield StoredObject(name, found.size, modified_at)

    def _multipart_uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Return path and id of the uploads, page by page, each once.

        A server that cuts a page off and does not say where the next one begins (SeaweedFS) is not asked
        again and again for the same one: a later look, when these are gone, finds the others.
        """
        found, marker = dict[tuple[str, str], None](), ("", "")
        while True:
            page = self._client._list_multipart_uploads(  # noqa: SLF001  # no public name
                self._bucket,
                prefix=prefix,
                key_marker=marker[0] or None,
                upload_id_marker=marker[1] or None,
            )
            if page.bucket_name != self._bucket:
                raise UnreadableAnswer("not the list of this bucket")
            known = len(found)
            found |= {(str(each.object_name), str(each.upload_id)): None for each in page.uploads}
            marker = (page.next_key_marker or "", page.next_upload_id_marker or "")
            if not page.is_truncated or not marker[0] or len(found) == known:
                return list(found)

    def _move(self, source: str, target: str) -> None:
        with translated_errors():
            size_bytes = self._size_at(source)
            if size_bytes is None:
                raise ObjectMissing(source)
            copied = self._client.copy_object(self._bucket, target, CopySource(self._bucket, source))
            confirmed(copied.etag)
            if self._size_at(target) != size_bytes:
                raise UnreadableAnswer("a copy of another size")
            self._client.remove_object(self._bucket, source)

    def check(self) -> None:
        """See that the bucket is there."""
        with translated_errors():
            if not self._client.bucket_exists(self._bucket):
                raise StoreUnavailable(text("the bucket does not exist"))

    def make_bucket(self) -> None:
        """Create the bucket unless it is there."""
        with translated_errors():
            if not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)


def pieces(gathered: bytearray) -> Iterator[bytes]:
    """Yield it in blocks, and hold nothing that has been yielded."""
    while gathered:
        block = bytes(gathered[:BLOCK_BYTES])
        del gathered[:BLOCK_BYTES]
        yield block


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


class BoundedCalls(urllib3.PoolManager):
    """Calls that wait no longer than their request may still wait; those that fail use that up.

    A body that is read as it comes is given the whole time for each step, for it may be long under way.
    """

    def urlopen(self, method: str, url: str, **options: Any) -> "BaseHTTPResponse":  # type: ignore[override]  # redirects are among the options
        """Call, once more if the connection turned out dead."""
        left = max(waiting.left(), LEAST_SECONDS)
        if options.get("preload_content", True) and left < READ_SECONDS:
            options["timeout"] = urllib3.Timeout(connect=min(CONNECT_SECONDS, left / 2), read=left)
        began = clock.monotonic()
        try:
            return super().urlopen(method, url, **options)
        except HTTPError:
            waiting.charge(clock.monotonic() - began)
            raise


def connect(location: S3Location, endpoint: str, *, answer_seconds: int) -> Minio:
    """Build a client that gives up within seconds instead of minutes."""
    kind = BoundedCalls if answer_seconds == READ_SECONDS else urllib3.PoolManager
    pool = kind(
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
