"""In which language a request is answered: `?lang=` goes before Accept-Language, and that before English."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from wxcloudrun.kit.languages import CHINESE, ENGLISH, said

PARAMETER = "lang"  # every endpoint takes it
SUBTAG = re.compile("[-_]")
# Every Chinese is answered in the simplified script: who reads the traditional one reads it before English.
BY_PRIMARY_SUBTAG = {"en": ENGLISH, "zh": CHINESE}


def of_request() -> str:
    """Return the language of the current request; English outside of one."""
    if not has_request_context():
        return ENGLISH
    return chosen(request.args.get(PARAMETER), request.accept_languages)


def chosen(named: str | None, accepted: LanguageAccept) -> str:
    """Return the language that was named, else the one of the accepted that is wanted most.

    Of a tag only the first part counts: `zh`, `zh-CN`, `zh-Hant-TW` are one language. What is not spoken
    here is passed over, as RFC 9110 (section 12.5.4) lets a server do.
    """
    if spoken := known(named or ""):
        return spoken
    # werkzeug puts `*` last whatever its weight is; sorting by weight keeps the order of equals.
    for tag, weight in sorted(accepted, key=lambda each: each[1], reverse=True):
        spoken = ENGLISH if tag == "*" else known(tag)
        if spoken and weight > 0:
            return spoken
    return ENGLISH


def known(tag: str) -> str | None:
    """Return the language that a tag means here, None if it is none that is spoken."""
    return BY_PRIMARY_SUBTAG.get(SUBTAG.split(tag)[0].lower())


def of_header(accept_language: str | None) -> str:
    """Return the language of a request of which nothing but this header can be read."""
    return chosen(None, parse_accept_header(accept_language, LanguageAccept))


def translated(value: Any, language: str) -> Any:
    """Say every sentence in a JSON value."""
    if isinstance(value, str):
        return said(value, language)
    if isinstance(value, Mapping):
        return {name: translated(each, language) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [translated(each, language) for each in value]
    return value


def mark(response: Response, language: str) -> None:
    """Say of an answer that its sentences are in this language, and that others may get another one."""
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
