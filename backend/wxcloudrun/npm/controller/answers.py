"""Answers that clients of npm's protocol get."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

JSON_TYPE = "application/json"
CALLERS = "Accept, Authorization, Cookie"


def encoded(value: Mapping[str, Any]) -> bytes:
    """Return JSON without blanks, in ASCII."""
    return json.dumps(value, separators=(",", ":")).encode()


def revalidated(body: bytes, content_type: str = JSON_TYPE, *, is_public: bool) -> Response:
    """Answer what may be kept, and is asked for each time: people look for what they have just published."""
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, no-cache"
    response.headers["Vary"] = CALLERS
    return response
