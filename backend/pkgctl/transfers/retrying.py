"""Trying again what a lost connection or a tired service has spoilt."""

import threading
from collections.abc import Callable

from pkgctl.errors import LASTING, CommandFailed, Refused, Unreachable

DEFAULT_RETRIES = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0
PASSING = frozenset({429, 502, 503, 504})  # a moment later the answer may be another one


class Stopped(Exception):
    """Another part of the work has failed, or somebody pressed Ctrl-C."""


def is_passing(failure: CommandFailed) -> bool:
    """Tell whether the same request may succeed in a moment."""
    if isinstance(failure, Refused):
        return failure.status in PASSING and failure.reason not in LASTING
    return isinstance(failure, Unreachable)


def pause_after(failure: CommandFailed, attempt: int) -> float:
    """Return the seconds to wait after attempt 0, 1, 2 …: what the service asks for, or more."""
    asked = failure.facts.get("retry_after_seconds", 0)
    longer = FIRST_PAUSE_SECONDS * 2**attempt
    return float(min(max(asked, longer), LONGEST_PAUSE_SECONDS))


def persistently[T](
    work: Callable[[], T], *, retries: int, stop: threading.Event, progress: Callable[[], object]
) -> T:
    """Do `work`, again after each passing failure, at most `retries` times in a row without any progress.

    `progress` returns something that has changed when work has got further. Raises what `work` raises at
    last, Stopped when `stop` is set.
    """
    attempt, seen = 0, progress()
    while True:
        try:
            return work()
        except CommandFailed as failure:
            if (now := progress()) != seen:
                attempt, seen = 0, now
            if attempt >= retries or not is_passing(failure):
                raise
            if stop.wait(pause_after(failure, attempt)):
                raise Stopped from failure
            attempt += 1
