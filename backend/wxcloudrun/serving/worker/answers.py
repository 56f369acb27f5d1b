"""Answers of the worker itself, in the envelope: to what cannot be read, and when there is no place."""

import re

from gunicorn.http.errors import ExpectationFailed as UnknownExpectation
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import Request

from wxcloudrun.kit import ids
from wxcloudrun.kit.errors import (
    AppError,
    ExpectationFailed,
    HeadersTooLarge,
    Malformed,
    UnknownTransferCoding,
    UriTooLong,
)
from wxcloudrun.kit.texts import Text, text
from wxcloudrun.web import languages
from wxcloudrun.web.envelope import failure

# The first that fits; the last is what all of them are.
REFUSALS: tuple[tuple[type[Exception], type[AppError], Text], ...] = (
    (LimitRequestLine, UriTooLong, text("the URL is too long")),
    (LimitRequestHeaders, HeadersTooLarge, text("the headers are too long, or too many")),
    (UnknownExpectation, ExpectationFailed, text("the only expectation that is met here is 100-continue")),
    (
        UnsupportedTransferCoding,
        UnknownTransferCoding,
        text("the only Transfer-Encoding that is read here is chunked"),
    ),
    (ParseException, Malformed, text("this is not HTTP as this service reads it")),
)
ACCEPT_LANGUAGE = re.compile(rb"\r\naccept-language:([^\r\n]*)", re.IGNORECASE)


def unreadable(error: BaseException) -> AppError | None:
    """Return how to refuse a request that is no HTTP as we read it; None for a fault of ours."""
    if isinstance(error, (InvalidResponseHeader, InvalidResponseHeaderName)):
        return None  # gunicorn derives them from the client's faults, but we have written the header
    if isinstance(error, AppError):
        return error
    return next((refusal(message) for cause, refusal, message in REFUSALS if isinstance(error, cause)), None)


def unreadable_body(error: ParseException) -> AppError:
    """Return how to refuse a body whose chunks or trailers are broken."""
    if isinstance(error, LimitRequestHeaders):
        return HeadersTooLarge(text("the trailers of the body are too long, or too many"))
    return Malformed(text("the chunks of the body cannot be read"))


def language_of(request: Request | None) -> str:
    """Return the language of a request that cannot be read, as far as its headers were."""
    headers = dict(getattr(request, "headers", ()))
    return languages.of_header(headers.get("ACCEPT-LANGUAGE"))


def language_of_bytes(received: bytes | bytearray) -> str:
    """Return the same for one that nobody has parsed."""
    found = ACCEPT_LANGUAGE.search(received)
    return languages.of_header(None if found is None else found[1].decode("latin-1"))


def rendered(refusal: AppError, language: str) -> bytes:
    """Write a refusal for a connection that ends with it."""
    facts = {"reason": refusal.reason, **refusal.facts}
    answer = failure(refusal.status, refusal.message, facts, refusal.headers, language=language)
    answer.headers.extend(
        {"Cache-Control": "no-store", "Connection": "close", "X-Request-ID": ids.request_id(None)}
    )
    return f"HTTP/1.1 {answer.status}\r\n{answer.headers}".encode("latin-1") + answer.get_data()
