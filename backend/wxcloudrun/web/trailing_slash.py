"""Addresses of the tus protocol with a slash at their end, which many of its clients are given."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

BELOW = "/tus/"


def without_trailing_slash(application: WSGIApplication) -> WSGIApplication:
    """Let such an address mean the one without it; a redirect would lose the body of a POST."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path.startswith(BELOW) and path.endswith("/"):
            environ["PATH_INFO"] = path.removesuffix("/")
        return application(environ, start_response)

    return wrapped
