"""What fields mean that no domain owns: those of lists, of refusals, and of whatever has a name."""

from collections.abc import Mapping
from typing import Any

from wxcloudrun.web.words import OLDER, SHA256, Words

type Schema = dict[str, Any]

WORDS = Words(
    meanings={
        "algorithm": "which digest differs",
        "created_at": "when it was made",
        "created_by": "the name of the user who made it; null if they are gone",
        "cursor": "`next_cursor` of the page before; it fits the same list with the same filters only",
        "description": "a text for people",
        "expected": "what the request said",
        "expires_at": "when it ends; null if it does not",
        "field": "the name of the field",
        "force": "do it although it takes more along",
        "id": "its number",
        "items": "the rows of this page",
        "limit": "rows in a page",
        "message": "what is wrong with it",
        "name": "its name",
        "needs": "the least role that may do this",
        "needs_scope": "the scope that the credential lacks",
        "next_cursor": "what to send as `cursor` for the next page; null on the last",
        "reason": "a stable slug that programs branch on",
        "received": "what the bytes have",
        "retry_after": "seconds after which to try again",
        "state": "where it stands",
        "status": "where it stands",
        "window_seconds": "the seconds in which so many are allowed",
        "Invalid.errors": "every field that is wrong",
        "RangeNotSatisfiable.size": "how many bytes there are",
        "TooLarge.limit": "the most bytes that are taken",
        "TooManyRequests.limit": "how many are allowed",
    },
    examples={
        "created_by": "grace",
        "description": "drives nails",
        "expected": SHA256,
        "id": 7,
        "limit": 10,
        "next_cursor": "WyI5ZGIxMWE5NmJkYjlmNGE0Iiw4XQ",
        "received": OLDER,
        "retry_after": 42,
        "window_seconds": 60,
    },
)


def explain(model: str, schema: Schema, meanings: Mapping[str, str]) -> None:
    """Give every property of an object, and of the objects in it, its description."""
    for field, each in schema.get("properties", {}).items():
        if meaning := meanings.get(f"{model}.{field}") or meanings.get(field):
            each.setdefault("description", meaning)
        explain(model, each, meanings)
    for part in ("items", "additionalProperties"):
        if isinstance(schema.get(part), dict):
            explain(model, schema[part], meanings)
    for each in schema.get("oneOf", ()):
        explain(model, each, meanings)
