"""How refusals look to clients of foreign protocols: problem details (RFC 9457), or an `error`."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from wxcloudrun.kit.texts import Text
from wxcloudrun.web import languages

PROBLEM = "application/problem+json"  # exactly so, without parameters: uv compares the whole
PHRASE_CHARACTERS = 200


def problem(status: int, message: Text, facts: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Answer problem details, and say the sentence in the status line too: twine shows nothing else."""
    details = {"type": "about:blank", "title": title(status), "status": status, "detail": message, **facts}
    response = sentences(status, details, headers, PROBLEM)
    response.status = f"{status} {phrase(message)}"
    return response


def error_object(
    status: int, message: Text, facts: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    """Answer `{"error": sentence}`, which clients of npm show, and beside it the slug of the refusal."""
    return sentences(status, {"error": message, "reason": facts["reason"]}, headers, "application/json")


def sentences(status: int, value: Any, headers: Mapping[str, str], content_type: str) -> Response:
    """Answer a JSON value with its sentences in the language of the request."""
    language = languages.of_request()
    body = json.dumps(languages.translated(value, language), ensure_ascii=False, default=str).encode()
    response = Response(body + b"\n", status=status, content_type=content_type)
    response.headers.extend(headers)
    languages.mark(response, language)
    return response


def phrase(message: Text) -> str:
    """Return a sentence as it may stand in a status line: one line of ASCII, in English, not too long."""
    plain = "".join(each if " " <= each <= "~" else "?" for each in str(message))
    return plain[:PHRASE_CHARACTERS].strip()


def title(status: int) -> str:
    """Return what everybody calls a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
