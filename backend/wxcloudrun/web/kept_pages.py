"""Pages of foreign protocols that were made, kept in this process for as long as nothing on them changes.

A mark stands for what a page shows, and is random: it is never that of another state, or of another database.
Whoever asks is admitted, and the mark of now is read, each time before a page is taken from here.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

MOST_BYTES = 16 * 1024 * 1024  # of all pages together, in each worker
PLACE_BYTES = 500  # what an entry takes beside its page


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page, and the mark of what it shows."""

    mark: str
    body: bytes


class KeptPages:
    """Those that were asked for last; a place names the protocol too, and all that its page depends on."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Hashable) -> KeptPage | None:
        """Return what was kept for a place, of whatever mark."""
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
            return found

    def put(self, place: Hashable, page: KeptPage) -> None:
        """Keep a page in place of those that were not asked for since longest; never one without a mark."""
        if not page.mark or len(page.body) > self._most_bytes // 2:
            return
        with self._lock:
            self._drop(place)
            self._kept[place] = page
            self._bytes += len(page.body) + PLACE_BYTES
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, place: Hashable) -> None:
        gone = self._kept.pop(place, None)
        if gone is not None:
            self._bytes -= len(gone.body) + PLACE_BYTES


PAGES = KeptPages()
