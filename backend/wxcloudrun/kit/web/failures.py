"""Every exception becomes one envelope here, and nowhere else."""

import logging

from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from wxcloudrun.kit.errors import AppError, Unavailable
from wxcloudrun.kit.web.envelope import failure

logger = logging.getLogger(__name__)

REASONS = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
MESSAGES = {
    400: "the request cannot be read",
    404: "no such URL; see the API documentation",
    405: "this URL does not take that method; the Allow header names those it takes",
    413: "the body is larger than this URL takes",
    415: "this URL does not take a body of that type",
}


def register(app: Flask) -> None:
    """Install the handlers, most specific first."""
    app.register_error_handler(AppError, answer_refusal)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(OperationalError, answer_database_down)
    app.register_error_handler(InterfaceError, answer_database_down)
    app.register_error_handler(PoolTimeoutError, answer_database_down)
    app.register_error_handler(Exception, answer_defect)


def answer_refusal(error: AppError) -> Response:
    """A refusal that the service meant."""
    return failure(error.status, error.message, {"reason": error.reason, **error.facts}, error.headers)


def answer_http(error: HTTPException) -> Response:
    """A refusal by Flask itself: unknown URL, wrong method."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers(request.environ) if name == "Allow"}
    message = MESSAGES.get(status, error.name)
    return failure(status, message, {"reason": REASONS.get(status, "http_error")}, headers)


def answer_database_down(error: Exception) -> Response:
    """The database cannot be reached or is locked; the caller may try again."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    logger.error("database_unavailable", extra={"cause": type(cause).__name__})
    return answer_refusal(Unavailable("the database is not available; try again"))


def answer_defect(error: Exception) -> Response:
    """A mistake of ours: the trace goes to the log under the request id, the caller gets the id."""
    logger.error("unhandled_error", exc_info=error, extra={"method": request.method})
    facts = {"reason": "internal", "request_id": g.get("request_id")}
    return failure(500, "the service failed; report the request id", facts)
