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

FAST = frozenset({"sha256", "sha1"})  # processors have instructions for them
THREADS_FROM_BYTES = 2 * 1024 * 1024
QUEUE_BLOCKS = 3
EXTRA_DIGESTS = frozenset({"sha1", "md5"})  # what an artifact has beside its SHA-256
MEASURABLE = EXTRA_DIGESTS | {"sha512"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What the service found out about the bytes itself; never what a client claimed."""

    size_bytes: int
    sha256: str
    sha1: str | None = None  # None: it was not asked for
    md5: str | None = None
    sha512: str | None = None


class Hash(Protocol):
    """The part of hashlib's objects that is used here."""

    def update(self, block: bytes, /) -> None:
        """Take more bytes in."""

    def hexdigest(self) -> str:
        """Return the digest in lower-case hex."""


class HashThread:
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

    SHA-256 is always computed; `extra` names those of the MEASURABLE digests that are wanted besides.
    `size_bytes` is what has passed so far.
    """

    def __init__(self, extra: Collection[str] = EXTRA_DIGESTS) -> None:
        self.size_bytes = 0
        wanted = ("sha256", *(name for name in ("sha1", "md5", "sha512") if name in extra))
        self._hashes: dict[str, Hash] = {name: hashlib.new(name, usedforsecurity=False) for name in wanted}
        self._lanes: list[HashThread] = []

    def pass_through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the same blocks. The hashing of one block goes on while the next one arrives."""
        try:
            for block in blocks:
                self.size_bytes += len(block)
                self._take(block)
                yield block
        finally:
            for lane in self._lanes:
                lane.finish()
            self._lanes = []

    def _take(self, block: bytes) -> None:
        if not self._lanes and self.size_bytes > THREADS_FROM_BYTES:
            self._lanes = [HashThread(*hashes) for hashes in self._shares()]
        if self._lanes:
            for lane in self._lanes:
                lane.feed(block)
        else:
            for each in (each for hashes in self._shares() for each in hashes):
                each.update(block)

    def _shares(self) -> list[list[Hash]]:
        """Return what each thread computes."""
        fast = [each for name, each in self._hashes.items() if name in FAST]
        slow = [each for name, each in self._hashes.items() if name not in FAST]
        return [fast, slow] if slow else [fast]

    def result(self) -> Measured:
        """Return size and digests of what has passed."""
        digests = {name: each.hexdigest() for name, each in self._hashes.items()}
        return Measured(self.size_bytes, **digests)
