"""Work that nobody waits for: it is done when the answer has gone out.

A server that sends answers after it has let go of their bodies puts a list into the request's environment
and carries out itself what is left in it. With any other server the end of the body is the moment; a
response's own `call_on_close` is not called behind a download, whose body the server takes as it is.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import WSGIApplication

from flask import request

logger = logging.getLogger(__name__)

LEFT = "registry.left_for_later"

Work = Callable[[], object]


def after_answer(work: Work) -> None:
    """Do `work` once the answer to the current request has gone out, or cannot go out any more.

    What it raises is logged. It runs outside of the request, on the database of this application.
    """
    from wxcloudrun.kit.db import on_this_database  # noqa: PLC0415  # a server's master loads no database

    request.environ[LEFT].append(on_this_database(work))


class FollowedBody:
    """An answer's body with work behind it."""

    def __init__(self, body: Iterable[bytes], left: list[Work]) -> None:
        self._body = body
        self._left = left

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body itself, then do what was left. Servers call this whatever has happened."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            carry_out(self._left)


def carry_out(left: list[Work]) -> None:
    """Do what was left, once; it has nobody to whom it could raise anything."""
    while left:
        work = left.pop(0)
        try:
            work()
        except Exception:
            logger.exception("work_after_answer_failed")


def following_up(application: WSGIApplication) -> WSGIApplication:
    """Let requests to this application leave work for later."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if LEFT in environ:
            return application(environ, start_response)
        left: list[Work] = []
        environ[LEFT] = left
        return FollowedBody(application(environ, start_response), left)

    return wrapped
