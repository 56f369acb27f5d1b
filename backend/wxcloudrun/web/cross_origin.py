"""Which pages of other origins may call the API (the Fetch standard's CORS protocol)."""

from collections.abc import Collection
from functools import partial

from flask import Flask, Response, current_app, request

from wxcloudrun.web.envelope import without_body

PREFLIGHT_SECONDS = 7200  # the longest that browsers keep an answer
REQUEST_HEADERS = (
    "Authorization, Content-Digest, Content-MD5, Content-Type, Digest, Idempotency-Key, If-Match, "
    "If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range, Repr-Digest, Tus-Resumable, "
    "Upload-Checksum, Upload-Concat, Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, "
    "X-Checksum-Deploy, X-Checksum-MD5, X-Checksum-SHA1, X-Checksum-SHA256, X-Checksum-SHA512, "
    "X-HTTP-Method-Override, X-Request-ID"
)
RESPONSE_HEADERS = (
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Repr-Digest, Retry-After, "
    "Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat, "
    "Upload-Defer-Length, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, WWW-Authenticate, "
    "X-Artifact-Id, X-Checksum-MD5, X-Checksum-SHA1, X-Checksum-SHA256, X-Registry-Version, "
    "X-Registry-Warnings, X-Request-ID"
)


def allow(app: Flask, origins: Collection[str]) -> None:
    """Let pages of these origins call every endpoint, with cookies; others see no answer."""
    app.before_request(answer_options)
    if origins:
        app.after_request(partial(add_headers, origins=frozenset(origins)))


def answer_options() -> Response | None:
    """Answer OPTIONS on a URL that exists with what may be done there; nobody has to be known for that."""
    if request.method != "OPTIONS" or request.url_rule is None:
        return None
    response = without_body(204)
    response.headers["Allow"] = ", ".join(sorted(methods_here()))
    return response


def methods_here() -> set[str]:
    """Return the methods that the requested URL takes."""
    adapter = current_app.create_url_adapter(request)
    return set() if adapter is None else set(adapter.allowed_methods())


def add_headers(response: Response, *, origins: Collection[str]) -> Response:
    """Let the page that asked read the answer, if its origin is one of those that may."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin not in origins:
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Credentials"] = "true"
    if "Access-Control-Request-Method" in request.headers and request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    else:
        response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
    return response
