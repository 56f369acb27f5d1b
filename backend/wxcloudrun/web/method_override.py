"""PATCH for those who cannot say it: mini-programs, and proxies that let only GET and POST through.

It is decided before the framework looks for the URL, so everything behind it (rights, limits, audit, metrics)
sees the request that is meant. The tus protocol has other methods too that its clients may say in this way.
Any other wish is refused, whatever the URL and the method: something else than what was meant would be done.
"""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from flask import request

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.texts import text

HEADER = "X-HTTP-Method-Override"
FIELD = "HTTP_X_HTTP_METHOD_OVERRIDE"  # the same in the environment of a request (PEP 3333)
TUS = "/tus/"
SAFE_IN_TUS = frozenset({"GET", "HEAD"})  # a client of that protocol may send the header with each request


def overriding(application: WSGIApplication) -> WSGIApplication:
    """Let a POST that says so be another method; any other wish stays in the request, which refuses it."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ.get(FIELD, "").strip().upper()
        if environ["REQUEST_METHOD"] == "POST" and method in allowed(environ["PATH_INFO"]):
            del environ[FIELD]
            environ["REQUEST_METHOD"] = method
            if method == "HEAD":
                return application(environ, announcing_no_body(start_response))
        return application(environ, start_response)

    return wrapped


def allowed(path: str) -> frozenset[str]:
    """Return which methods a POST to this path may mean."""
    return frozenset({"PATCH", "DELETE", "HEAD"}) if path.startswith(TUS) else frozenset({"PATCH"})


def refuse_other_wishes() -> None:
    """Raise Malformed for a wish that was not granted, before a URL that lacks the method is refused.

    What a browser asks beforehand (OPTIONS) carries no wish.
    """
    if HEADER not in request.headers or request.method == "OPTIONS":
        return
    if request.path.startswith(TUS):
        if request.method not in SAFE_IN_TUS:
            raise Malformed(
                text("X-HTTP-Method-Override can only make PATCH, DELETE or HEAD of POST in the tus protocol")
            )
        return
    raise Malformed(
        text("X-HTTP-Method-Override can only make PATCH of POST; send any other method as it is")
    )


def announcing_no_body(start_response: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `start_response` for an answer to HEAD that goes out as one to POST.

    Whoever has sent POST waits for as many bytes as are announced (RFC 9110 section 8.6), and would take the
    next answer on the connection for them.
    """

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        said = [
            ("Content-Length", "0") if name.lower() == "content-length" else (name, value)
            for name, value in headers
        ]
        return start_response(status, said, *more)

    return start
