"""Keyset pages over HTTP: a cursor fits only the list and the filters that it came from."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from wxcloudrun.kit.errors import Invalid
from wxcloudrun.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest, Position
from wxcloudrun.kit.texts import text
from wxcloudrun.web import languages
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.parsing import Output, Query

MAX_ROW_ID = 2**63 - 1
MAX_NAME_LENGTH = 128
NO_FILTERS = frozenset({"limit", "cursor", languages.PARAMETER})
CURSOR = "^[A-Za-z0-9_-]{1,512}$"


class PageQuery(Query):
    """`?limit=` and `?cursor=`, which every list takes."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, pattern=CURSOR)


class PageOut[T: BaseModel](Output):
    """One page of a list."""

    model_config = ConfigDict(json_schema_extra={"description": "One page of a list."})  # for each T

    items: list[SerializeAsAny[T]]
    next_cursor: str | None


def requested[P: Position](query: PageQuery, key: type[P]) -> PageRequest[P]:
    """Return the page that `query` asks for in a list that is ordered by a `key`.

    Raises Invalid for a cursor of another list, of other filters, or of nobody.
    """
    if query.cursor is None:
        return PageRequest(query.limit)
    fingerprint, after = decode(query.cursor)
    if fingerprint != list_fingerprint() or type(after) is not key or not is_possible(after):
        raise unusable_cursor()
    return PageRequest(query.limit, after)


def is_possible(after: Position) -> bool:
    """Tell whether a row can have this key: cursors are not signed, and databases refuse what is too odd."""
    if isinstance(after, int):
        return 0 <= after <= MAX_ROW_ID
    return len(after) <= MAX_NAME_LENGTH and after.isascii() and after.isprintable()


def answer[T, O: BaseModel](page: Page[T], shape: Callable[[T], O]) -> Response:
    """Answer a page, each row in its wire shape."""
    cursor = None if page.next_after is None else encode(page.next_after)
    return ok(PageOut[BaseModel](items=[shape(item) for item in page.items], next_cursor=cursor))


def encode(after: Position) -> str:
    """Write a cursor for the list that the current request reads."""
    plain = json.dumps([list_fingerprint(), after], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[str, Any]:
    """Read a cursor; raises Invalid if it is none."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        fingerprint, after = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise unusable_cursor() from error
    return fingerprint, after


def list_fingerprint() -> str:
    """Identify the list and its filters: the path and every parameter that decides what is in it."""
    filters = sorted((name, value) for name, value in request.args.items() if name not in NO_FILTERS)
    return hashlib.sha256(json.dumps([request.path, filters]).encode()).hexdigest()[:16]


def unusable_cursor() -> Invalid:
    """Refuse a cursor."""
    return Invalid.field("cursor", text("not a cursor of this list; start again without it"))
