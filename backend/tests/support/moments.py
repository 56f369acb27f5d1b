"""Time in the hands of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from wxcloudrun.kit import clock


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = clock.now()

    def now(self) -> datetime:
        """Stand in for the real clock."""
        return self.moment

    def advance(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)

    @contextmanager
    def ahead(self, **by: float) -> Iterator[None]:
        """Be wrong inside the block; at its end somebody sets the clock right."""
        wrong_by = timedelta(**by)
        self.moment += wrong_by
        yield
        self.moment -= wrong_by
