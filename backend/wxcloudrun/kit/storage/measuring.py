"""Measures bytes as they pass: the digests and the size, with the hashing beside the writing.

MD5 costs more than SHA-256 and SHA-1 together on current processors, so it has a thread of its own
once a body is longer than what a thread is worth. hashlib releases the lock of the interpreter for
long blocks; queues are short, so memory stays constant whatever the size.
"""

import hashlib
import queue
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

THREADS_FROM_BYTES = 2 * 1024 * 1024
QUEUE_BLOCKS = 3
EXTRA_DIGESTS = frozenset({"sha1", "md5"})


@dataclass(frozen=True, slots=True)
class Measured:
    """What the service found out about the bytes itself; never what a client claimed."""

    size_bytes: int
    sha256: str
    sha1: str | None = None  # None: it was not asked for
    md5: str | None = None


class Hash(Protocol):
    """The part of hashlib's objects that is used here."""

    def update(self, block: bytes, /) -> None:
        """Take more bytes in."""

    def hexdigest(self) -> str:
        """Return the digest in lower-case hex."""


class Lane:
    """Some hashes, updated by a thread of their own through a bounded queue."""

    def __init__(self, *hashes: Hash) -> None:
        self._hashes = hashes
        self._blocks: queue.Queue[bytes | None] = queue.Queue(QUEUE_BLOCKS)
        self._thread = threading.Thread(target=self._work, name="digest", daemon=True)
        self._thread.start()

    def feed(self, block: bytes) -> None:
        """Queue a block; waits while the hashes are behind."""
        self._blocks.put(block)

    def finish(self) -> None:
        """Return when every queued block is in."""
        self._blocks.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            for each in self._hashes:
                each.update(block)


class Measurement:
    """Passes blocks through and measures them; `result()` is valid once they have all passed.

    SHA-256 is always computed; `extra` names those of the EXTRA_DIGESTS that are wanted besides.
    """

    def __init__(self, extra: Collection[str] = EXTRA_DIGESTS) -> None:
        self._size_bytes = 0
        self._sha256 = hashlib.sha256()
        self._sha1 = hashlib.sha1(usedforsecurity=False) if "sha1" in extra else None
        self._md5 = hashlib.md5(usedforsecurity=False) if "md5" in extra else None
        self._lanes: list[Lane] = []

    def pass_through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the same blocks. The hashing of one block goes on while the next one arrives."""
        try:
            for block in blocks:
                self._size_bytes += len(block)
                self._take(block)
                yield block
        finally:
            for lane in self._lanes:
                lane.finish()
            self._lanes = []

    def _take(self, block: bytes) -> None:
        if not self._lanes and self._size_bytes > THREADS_FROM_BYTES:
            self._lanes = [Lane(*hashes) for hashes in self._shares()]
        if self._lanes:
            for lane in self._lanes:
                lane.feed(block)
        else:
            for each in (each for hashes in self._shares() for each in hashes):
                each.update(block)

    def _shares(self) -> list[list[Hash]]:
        """Return what each thread computes."""
        fast: list[Hash] = [self._sha256] if self._sha1 is None else [self._sha256, self._sha1]
        return [fast] if self._md5 is None else [fast, [self._md5]]

    def result(self) -> Measured:
        """Return size and digests of what has passed."""
        return Measured(
            size_bytes=self._size_bytes,
            sha256=self._sha256.hexdigest(),
            sha1=None if self._sha1 is None else self._sha1.hexdigest(),
            md5=None if self._md5 is None else self._md5.hexdigest(),
        )
