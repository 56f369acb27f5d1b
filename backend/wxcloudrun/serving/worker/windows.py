"""Pieces of stored objects for clients that are waited for: read once for all who take the same object.

A new release is fetched by hundreds at once, and a read costs the store and us nearly the same for any size.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from wxcloudrun.stores.blobs.outgoing import StoreBody

WINDOW_BYTES = 128 * 1024  # what a client has room for that is waited for (see transfers.py)
KEPT_WINDOWS = 64  # 8 MiB in each process
READERS = 4  # threads, and so connections to the store, for all clients that are waited for

Place = tuple[str, int]


class Windows:
    """Reads through a few threads, and keeps what was asked for last. Used from one event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._kept: OrderedDict[Place, asyncio.Future[bytes]] = OrderedDict()

    async def read(self, body: StoreBody, done: int, most: int) -> memoryview:
        """Return some of a body behind its first `done` bytes, up to `most`. Raises what reading raises.

        More than a window is for who takes it quickly, and is not kept.
        """
        at = body.start + done
        left = body.length - done
        if most > WINDOW_BYTES:
            return memoryview(await self._fetched(body, at, min(left, most)))
        number, skip = divmod(at, WINDOW_BYTES)
        place = (body.key, number)
        if place not in self._kept:
            begin = number * WINDOW_BYTES
            self._kept[place] = self._fetched(body, begin, min(WINDOW_BYTES, body.size_bytes - begin))
            self._kept[place].add_done_callback(lambda read: self._forget_failed(place, read))
        self._kept.move_to_end(place)
        if len(self._kept) > KEPT_WINDOWS:
            self._kept.popitem(last=False)
        # Shielded, for others may wait for the same when this client has gone.
        block = await asyncio.shield(self._kept[place])
        return memoryview(block)[skip : skip + left]

    def _fetched(self, body: StoreBody, at: int, size: int) -> "asyncio.Future[bytes]":
        return asyncio.get_running_loop().run_in_executor(self._pool, body.window, at, size)

    def _forget_failed(self, place: Place, read: "asyncio.Future[bytes]") -> None:
        has_failed = read.cancelled() or read.exception() is not None
        if has_failed and self._kept.get(place) is read:
            del self._kept[place]

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()

    def stop(self) -> None:
        """Read nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
