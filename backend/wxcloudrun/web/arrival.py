"""When the request at hand was wholly there: it may have waited for a thread since."""

from flask import request

from wxcloudrun.kit import clock

ARRIVED_AT = "registry.arrived_at"  # put there by a server in which requests wait


def arrived_at() -> float:
    """Return the moment, in seconds of the monotonic clock; now, if no server says it."""
    return float(request.environ.get(ARRIVED_AT) or clock.monotonic())
