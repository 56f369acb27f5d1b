"""Counts in this process alone: what is left when the shared counts cannot be reached."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from wxcloudrun.kit import clock
from wxcloudrun.stores.limits.port import Counter, Tally

MAX_WINDOWS = 100_000


@dataclass(slots=True)
class Window:
    """A running window; it ends on the clock that never goes back."""

    hits: int
    ends_at: float


class MemoryCounters:
    """Counts of one process; old windows make room for new ones."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self._lock = threading.Lock()

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        """Add one hit to each counter."""
        now = clock.monotonic()
        with self._lock:
            return [self._hit(counter, now) for counter in counters]

    def take_back(self, counters: Sequence[Counter]) -> None:
        """Undo one hit of each."""
        now = clock.monotonic()
        with self._lock:
            for counter in counters:
                window = self._windows.get(counter.key)
                if window is not None and window.ends_at > now:
                    window.hits = max(window.hits - 1, 0)

    def _hit(self, counter: Counter, now: float) -> Tally:
        window = self._windows.get(counter.key)
        if window is None or window.ends_at <= now:
            self._make_room(now)
            window = self._windows[counter.key] = Window(0, now + counter.seconds)
        window.hits += 1
        return Tally(window.hits, max(math.ceil(window.ends_at - now), 1))

    def _make_room(self, now: float) -> None:
        if len(self._windows) < MAX_WINDOWS:
            return
        running = {key: window for key, window in self._windows.items() if window.ends_at > now}
        # A flood of new keys must not take all memory; the newest half is what limits now.
        self._windows = dict(list(running.items())[-MAX_WINDOWS // 2 :])
