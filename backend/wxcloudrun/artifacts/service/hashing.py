"""Reading stored objects from end to end, no faster than one is allowed to."""

import time
from collections.abc import Collection, Iterable, Iterator

from wxcloudrun.kit import clock
from wxcloudrun.stores.blobs.measuring import EXTRA_DIGESTS, Measured, Measurement
from wxcloudrun.stores.blobs.port import BlobStore


class Throttle:
    """Lets blocks pass at so many bytes a second on average; None: as they come."""

    def __init__(self, bytes_per_second: int | None) -> None:
        self._bytes_per_second = bytes_per_second
        self._began_at = clock.monotonic()
        self._passed = 0

    def pass_through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the same blocks, late if they come too early."""
        for block in blocks:
            yield block
            self._passed += len(block)
            if self._bytes_per_second is not None:
                due_at = self._began_at + self._passed / self._bytes_per_second
                time.sleep(max(0.0, due_at - clock.monotonic()))


def measure(
    blobs: BlobStore, key: str, throttle: Throttle, *, extra: Collection[str] = EXTRA_DIGESTS
) -> Measured:
    """Return what an object really holds. Raises ObjectMissing, StoreUnavailable."""
    measurement = Measurement(extra)
    for _ in measurement.pass_through(throttle.pass_through(blobs.read(key))):
        pass
    return measurement.result()
