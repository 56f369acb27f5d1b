"""The one place that asks what time it is."""

import time
from datetime import UTC, datetime, timedelta

MAX_SKEW = timedelta(minutes=5)
"""By how much the clocks of servers that share a database may differ."""


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds on a clock that never goes back, for measuring durations."""
    return time.monotonic()


def latest_credible(now: datetime, longest: timedelta = timedelta()) -> datetime:
    """Return the last moment to be believed, of those that are never set more than `longest` ahead.

    What lies behind it was written while a clock was wrong (docs/decisions/0069).
    """
    return now + longest + MAX_SKEW


def is_over(moment: datetime, now: datetime, longest: timedelta) -> bool:
    """Tell whether something that ends at `moment` is over: it has ended, or its end is not to be believed.

    `kit.columns.is_over` says the same in SQL.
    """
    return moment <= now or moment > latest_credible(now, longest)


def rfc3339(moment: datetime) -> str:
    """Write `moment` as RFC 3339 in UTC with microseconds, as every answer does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
