"""Waiting for what the service does in the background."""

import time
from collections.abc import Callable
from typing import Any

from pkgctl.errors import CommandFailed, ExitCode, NotInTime

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0


def wait_for(
    look: Callable[[], Any], is_over: Callable[[Any], bool], *, timeout_seconds: float, what: str
) -> Any:
    """Look again and again until it is over, and return what was seen.

    A service that is being restarted is no reason to give up before the time is. Raises NotInTime, and
    whatever else looking raises.
    """
    deadline = time.monotonic() + timeout_seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        seen = look_once(look, is_last=time.monotonic() + pause >= deadline)
        if seen is not None and is_over(seen):
            return seen
        if time.monotonic() + pause >= deadline:
            raise NotInTime(f"{what} is not over after {timeout_seconds:g} seconds; it goes on")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def look_once(look: Callable[[], Any], *, is_last: bool) -> Any:
    """Return what there is; None if the service cannot tell right now."""
    try:
        return look()
    except CommandFailed as failure:
        if is_last or failure.exit_code is not ExitCode.UNAVAILABLE:
            raise
        return None
