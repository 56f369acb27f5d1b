"""One limit for everything that a piece of work waits for: locks, connections, services that are silent.

All waits of a request share one allowance: each gets what the earlier ones have left of it. Five waits of
four seconds each, one after the other, would be a service that hangs. For background work and commands
nobody holds a connection open, so each of their transactions has a longer allowance of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import g, has_request_context

from wxcloudrun.kit import clock

REQUEST_SECONDS = 4.0  # whoever waits is refused within five seconds, with what else the request takes
WORK_SECONDS = 30.0

_deadline: ContextVar[float | None] = ContextVar("deadline of the waits at hand", default=None)


def left() -> float:
    """Return for how many seconds the work at hand may still wait; nought if it may not wait any more."""
    deadline = _deadline.get()
    return allowance() if deadline is None else max(deadline - clock.monotonic(), 0.0)


@contextmanager
def limited(seconds: float | None = None) -> Iterator[None]:
    """Let the waits in the block end together, and count the time that it takes as time waited.

    They end when the allowance of the request is used up, or after `seconds` if that is earlier.
    """
    outer, began = _deadline.get(), clock.monotonic()
    allowed = left() if seconds is None else min(seconds, left())
    token = _deadline.set(began + allowed)
    try:
        yield
    finally:
        _deadline.reset(token)
        if outer is None:  # or else whoever opened the outer block counts this time too
            charge(clock.monotonic() - began)


def charge(seconds: float) -> None:
    """Take time that was waited off the allowance of the request, if this is one."""
    if has_request_context():
        g.seconds_waited = g.get("seconds_waited", 0.0) + seconds


def allowance() -> float:
    """Return what the waits of the request have left; outside of one, what a transaction may wait."""
    if not has_request_context():
        return WORK_SECONDS
    return max(REQUEST_SECONDS - float(g.get("seconds_waited", 0.0)), 0.0)
