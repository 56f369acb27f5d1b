"""Shared counts while they can be reached, counts of this process while they cannot."""

import logging
from collections.abc import Sequence

from wxcloudrun.kit import clock
from wxcloudrun.stores.limits.memory import MemoryCounters
from wxcloudrun.stores.limits.port import Counter, CountersUnavailable, RateCounters, Tally

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class FallbackCounters:
    """Asks the shared counters; when they fail it counts here, and asks them again after a while."""

    def __init__(self, shared: RateCounters) -> None:
        self._shared = shared
        self._own = MemoryCounters()
        self._down_until = 0.0

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        """Add one hit to each counter."""
        if not self._is_down():
            try:
                return self._shared.hit(counters)
            except CountersUnavailable as error:
                self._note(error)
        return self._own.hit(counters)

    def take_back(self, counters: Sequence[Counter]) -> None:
        """Undo one hit of each."""
        if not self._is_down():
            try:
                self._shared.take_back(counters)
            except CountersUnavailable as error:
                self._note(error)
            else:
                return
        self._own.take_back(counters)

    def _is_down(self) -> bool:
        return clock.monotonic() < self._down_until

    def _note(self, error: CountersUnavailable) -> None:
        self._down_until = clock.monotonic() + RETRY_SECONDS
        cause = type(error.__cause__).__name__
        logger.warning("limits_count_in_this_process_only", extra={"cause": cause})
