"""A blob store that is measured: how long each operation takes, and how many fail."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from wxcloudrun.kit import clock
from wxcloudrun.stores.blobs import metrics
from wxcloudrun.stores.blobs.port import BlobStore, DownloadLink, StoredObject, StoreUnavailable
from wxcloudrun.stores.blobs.writing import Fence, ResumableWriter, WriterState, WrittenPart


class MeteredBlobStore:
    """Hands everything on to the store itself."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """Store blocks; the time that they took to arrive is not the store's."""
        with measured_writing("write", blocks) as source:
            return self._store.write(key, source, size_bytes)

    def require_room(self, size_bytes: int) -> None:
        """Refuse what does not fit; that is no failure of the store."""
        self._store.require_room(size_bytes)

    def begin(self, key: str, *, size_bytes: int | None, part_bytes: int) -> ResumableWriter:
        """Begin an object that is written in several goes."""
        with measured("begin"):
            return MeasuredWriter(self._store.begin(key, size_bytes=size_bytes, part_bytes=part_bytes))

    def resume(self, state: WriterState) -> ResumableWriter:
        """Go on with one, which asks the store nothing yet."""
        return MeasuredWriter(self._store.resume(state))

    def suitable_part_bytes(self, size_bytes: int | None, wanted_bytes: int) -> int:
        """Return the part size that suits the store."""
        return self._store.suitable_part_bytes(size_bytes, wanted_bytes)

    def size_of(self, key: str) -> int | None:
        """Return the object's size."""
        with measured("size_of"):
            return self._store.size_of(key)

    def pass_by(self, key: str) -> None:
        """Take the time of a question that is not asked."""
        self._store.pass_by(key)

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Yield a part of the object."""
        with measured("read"):
            blocks = self._store.read(key, start=start, length=length, size_bytes=size_bytes)
        return with_errors_counted(blocks)

    def open_file(self, key: str) -> BinaryIO | None:
        """Return the object as a file."""
        with measured("open_file"):
            return self._store.open_file(key)

    def link(self, key: str, wanted: DownloadLink) -> str | None:
        """Return a signed URL, which is made without asking the store."""
        return self._store.link(key, wanted)

    def delete(self, key: str) -> None:
        """Remove the object."""
        with measured("delete"):
            self._store.delete(key)

    def keys(self, shard: str | None = None) -> Iterator[StoredObject]:
        """List the finished objects."""
        return self._store.keys(shard)

    def unfinished(self) -> Iterator[str]:
        """List the unfinished ones."""
        return self._store.unfinished()

    def abort(self, key: str) -> None:
        """Throw away an unfinished object."""
        with measured("abort"):
            self._store.abort(key)

    def quarantine(self, key: str) -> None:
        """Set an object aside."""
        with measured("quarantine"):
            self._store.quarantine(key)

    def restore(self, key: str) -> None:
        """Put an object back."""
        with measured("restore"):
            self._store.restore(key)

    def quarantined(self) -> Iterator[StoredObject]:
        """List what has been set aside."""
        return self._store.quarantined()

    def check(self) -> None:
        """Return if the store can be read and written now."""
        with measured("check"):
            self._store.check()


class MeasuredWriter:
    """Hands everything on to a writer."""

    def __init__(self, writer: ResumableWriter) -> None:
        self._writer = writer

    @property
    def state(self) -> WriterState:
        """With what another process goes on."""
        return self._writer.state

    def put(self, offset: int, blocks: Iterable[bytes], fence: Fence) -> WrittenPart:
        """Store blocks at an offset; the time that they took to arrive is not the store's."""
        with measured_writing("put", blocks) as source:
            return self._writer.put(offset, source, fence)

    def read(self, parts: Sequence[WrittenPart]) -> Iterator[bytes] | None:
        """Yield what was put, if the store can."""
        return self._writer.read(parts)

    def is_sure_of(self, part: WrittenPart) -> bool:
        """Tell whether a part needs no comparing, which asks the store nothing."""
        return self._writer.is_sure_of(part)

    def alone(self) -> AbstractContextManager[bool]:
        """Keep everybody else from being alone with the object."""
        return self._writer.alone()

    def seal(self, parts: Sequence[WrittenPart]) -> None:
        """Make the parts the object."""
        with measured("seal"):
            self._writer.seal(parts)

    def cancel(self) -> None:
        """Throw away what was put."""
        with measured("cancel"):
            self._writer.cancel()


class TimedSource:
    """Blocks, and the seconds for which somebody waited for them."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        began_at = clock.monotonic()
        try:
            return next(self._blocks)
        finally:
            self.seconds += clock.monotonic() - began_at


@contextmanager
def measured(operation: str) -> Iterator[None]:
    """Measure an operation from its beginning to its end."""
    with errors_of(operation), metrics.store_operation(operation):
        yield


@contextmanager
def measured_writing(operation: str, blocks: Iterable[bytes]) -> Iterator[TimedSource]:
    """Measure an operation without the time that its blocks take to arrive."""
    source, began_at = TimedSource(blocks), clock.monotonic()
    with errors_of(operation):
        yield source
    metrics.STORE_SECONDS.labels(operation).observe(clock.monotonic() - began_at - source.seconds)


@contextmanager
def errors_of(operation: str) -> Iterator[None]:
    """Count what the store fails to do; that an object is not there is an answer."""
    try:
        yield
    except StoreUnavailable:
        metrics.STORE_ERRORS.labels(operation).inc()
        raise


def with_errors_counted(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks; the store may also fail between two of them."""
    with errors_of("read"):
        yield from blocks
