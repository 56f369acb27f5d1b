"""Conditional requests and ranges (RFC 9110 sections 13 and 14) on bytes that never change."""

import re
from dataclasses import dataclass
from datetime import datetime

from flask import request
from werkzeug.http import parse_etags, parse_if_range_header

from wxcloudrun.kit.errors import PreconditionFailed, RangeNotSatisfiable
from wxcloudrun.kit.texts import text

ONE_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]{1,100})-([0-9]{0,100})|-([0-9]{1,100}))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selected:
    """The bytes from `start` up to, but not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many they are."""
        return self.stop - self.start


def is_unchanged(etag: str, modified_at: datetime) -> bool:
    """Tell whether the client has these bytes already (304).

    An ETag decides alone where it is given; a time is only looked at without one.
    Raises PreconditionFailed if the client wants other bytes or none.
    """
    if "If-Match" in request.headers:
        if not parse_etags(request.headers["If-Match"]).is_strong(etag) and not wants_any("If-Match"):
            raise PreconditionFailed(text("these are other bytes than you expected"), current=etag)
    elif request.if_unmodified_since is not None and whole_second(modified_at) > request.if_unmodified_since:
        raise PreconditionFailed(text("the bytes have changed since"), current=etag)
    if "If-None-Match" in request.headers:
        return wants_any("If-None-Match") or request.if_none_match.contains_weak(etag)
    since = request.if_modified_since
    return since is not None and whole_second(modified_at) <= since


def selected_range(size_bytes: int, etag: str, modified_at: datetime) -> Selected | None:
    """Return the part that the client asks for, None for the whole.

    One range is honoured; several, another unit or a malformed header get the whole, as the standard
    allows. Raises RangeNotSatisfiable if the one range lies behind the end.
    """
    wanted = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if wanted is None or not condition_holds(etag, modified_at):
        return None
    first, last, suffix = wanted.groups()
    if suffix is not None:  # the last so many bytes, or all if there are fewer
        selected = Selected(max(size_bytes - int(suffix), 0), size_bytes)
    elif last and int(last) < int(first):
        return None
    else:
        selected = Selected(int(first), min(int(last) + 1, size_bytes) if last else size_bytes)
    if selected.length <= 0:
        raise behind_the_end(size_bytes)
    return selected


def behind_the_end(size_bytes: int) -> RangeNotSatisfiable:
    """Refuse a range that begins behind the end, and say where that is."""
    return RangeNotSatisfiable(
        text("these bytes end at {size}", size=size_bytes),
        size=size_bytes,
        headers={"Content-Range": f"bytes */{size_bytes}"},
    )


def condition_holds(etag: str, modified_at: datetime) -> bool:
    """Tell whether If-Range, if given, still means these bytes."""
    header = request.headers.get("If-Range")
    if header is None:
        return True
    condition = parse_if_range_header(header)
    if condition.date is not None:
        return condition.date == whole_second(modified_at)
    return condition.etag == etag and not header.strip().startswith("W/")


def wants_any(header: str) -> bool:
    """Tell whether a condition is `*`: any bytes at all."""
    return request.headers[header].strip() == "*"


def whole_second(moment: datetime) -> datetime:
    """Drop what HTTP dates cannot say."""
    return moment.replace(microsecond=0)
