"""The blob store port: bytes in, bytes out, under opaque keys.

Names, digests and rights live in the database; a store knows keys only. A key is 32 hex digits that are
never used twice, so a late deletion can only ever hit an object that is dead already. The layout, for
both adapters (the two leading digits keep directories small):

    objects/<key[:2]>/<key>       a finished object: whole, durable, never changed
    quarantine/<key[:2]>/<key>    an object that a check has set aside; it can be restored
    tmp/<key>                     local directory only: an object that is still being written
    tmp/<key>.epochs              beside it: who may write to one that is written in several goes
    staged/<key>/<piece>          S3 only: pieces of an unfinished object that are too small for it
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, ClassVar, Protocol

from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.kit.trouble import Trouble
from wxcloudrun.stores.blobs.writing import ResumableWriter, WriterState

BLOCK_BYTES = 1024 * 1024
KEY = re.compile(r"[0-9a-f]{32}")
SHARDS = tuple(f"{number:02x}" for number in range(256))


class ObjectMissing(Exception):
    """The key names no object."""


class OtherSize(ObjectMissing):
    """The key names an object of another size than the one that was written."""


class StoreUnavailable(Unavailable):
    """The store is down or does not answer in time."""

    reason = "store_unavailable"
    trouble: ClassVar[Trouble] = Trouble.UNREACHABLE


class StoreFull(StoreUnavailable):
    """The store has no room for so many bytes; reading and deleting go on."""

    reason = "store_full"
    retry_after_seconds = 60
    trouble = Trouble.FULL


class StoreReadOnly(StoreUnavailable):
    """The store cannot be written to; reading goes on."""

    reason = "store_read_only"
    retry_after_seconds = 60
    trouble = Trouble.READ_ONLY


LONGEST_LINK_SECONDS = 7 * 86_400  # what S3 signs at most


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """What a link that a store signs must carry to the client."""

    content_type: str
    content_disposition: str
    lifetime_seconds: int


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing sees it."""

    key: str
    size_bytes: int
    modified_at: datetime


class BlobStore(Protocol):
    """What both adapters promise. Every method raises StoreUnavailable when the store cannot answer."""

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """Store the concatenated blocks under a fresh key, in constant memory.

        When it returns, the object is durable. If `blocks` raises, nothing remains and that exception
        is passed on. `size_bytes` is what the blocks must add up to, where that is known beforehand: a
        store can then pass them on as they come. One that does raises Interrupted if they do not.

        Returns the MD5 in hex of the bytes that have reached the store, None if it does not tell.
        """

    def require_room(self, size_bytes: int) -> None:
        """Raise StoreFull if so many bytes cannot be written now, as far as the store can tell beforehand."""

    def begin(self, key: str, *, size_bytes: int | None, part_bytes: int) -> ResumableWriter:
        """Begin an object under a fresh key that is written in several goes.

        `size_bytes` is what it will have, None if nobody knows yet; `part_bytes` what most of its parts
        will, from 256 KiB on.
        """

    def resume(self, state: WriterState) -> ResumableWriter:
        """Go on with an object that was begun, perhaps by another process."""

    def suitable_part_bytes(self, size_bytes: int | None, wanted_bytes: int) -> int:
        """Return the part size that suits the store best of those up to `wanted_bytes`."""

    def size_of(self, key: str) -> int | None:
        """Return the object's size in bytes, None if there is no such object."""

    def pass_by(self, key: str) -> None:
        """Take the time of `size_of` if that depends on how lately an object was used. Raises nothing.

        It is for whoever must not show by the time of an answer which of two objects was asked for.
        """

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Yield `length` bytes from byte `start` (None: to the end), in blocks of 1 MiB at most.

        `size_bytes` is what the whole object must have, where that is known. Raises ObjectMissing, or
        OtherSize, before the first block. An object that ends early raises StoreUnavailable instead of
        ending the iteration: a short body must never look whole.
        """

    def open_file(self, key: str) -> BinaryIO | None:
        """Return the object as a real file, None if this store has none.

        Raises ObjectMissing.
        """

    def link(self, key: str, wanted: DownloadLink) -> str | None:
        """Return a signed URL of the store itself, None if this store serves no URLs."""

    def delete(self, key: str) -> None:
        """Remove the object; an absent key is not an error."""

    def keys(self, shard: str | None = None) -> Iterator[StoredObject]:
        """List the finished objects, in no particular order; those of one of the `SHARDS` only if given.

        What lies there under a name that is no key is none of ours and is not listed.
        """

    def unfinished(self) -> Iterator[str]:
        """List the keys that somebody began to write and has not finished, as far as the store tells."""

    def abort(self, key: str) -> None:
        """Throw away what was written of an unfinished object; a writer that is still there fails."""

    def quarantine(self, key: str) -> None:
        """Set an object aside, where no reader finds it. Raises ObjectMissing."""

    def restore(self, key: str) -> None:
        """Put an object back from the quarantine. Raises ObjectMissing."""

    def quarantined(self) -> Iterator[StoredObject]:
        """List what has been set aside."""

    def check(self) -> None:
        """Return if the store can be read and written now."""


def object_path(key: str) -> str:
    """Return where the object with this key lies, below the root of a store."""
    return f"objects/{key[:2]}/{key}"


def quarantine_path(key: str) -> str:
    """Return where it lies while it is set aside."""
    return f"quarantine/{key[:2]}/{key}"


def is_key(name: str) -> bool:
    """Tell a name that this service gives to objects from others."""
    return KEY.fullmatch(name) is not None
