"""Every exception becomes one answer here, and nowhere else: an envelope, or what a protocol has instead."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from wxcloudrun.kit.db import trouble_with_database
from wxcloudrun.kit.errors import AppError, DatabaseFull, DatabaseLocked, DatabaseReadOnly, Unavailable
from wxcloudrun.kit.logs import Complaint
from wxcloudrun.kit.texts import Text, borrowed, text
from wxcloudrun.kit.trouble import Trouble
from wxcloudrun.web.envelope import failure

logger = logging.getLogger(__name__)
UNAVAILABLE = Complaint(logger, "database_unavailable")

REASONS = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
MESSAGES = {
    400: text("the request cannot be read"),
    404: text("no such URL; /api/docs describes those that there are"),
    405: text("this URL does not take that method; the Allow header names those it takes"),
    413: text("the body is larger than this URL takes"),
    415: text("this URL does not take a body of that type"),
}


type Refusals = Callable[[int, Text, Mapping[str, Any], Mapping[str, str]], Response]
"""Makes an answer of a status, a sentence, facts with a `reason`, and headers."""


@dataclass(frozen=True, slots=True)
class Face:
    """How a foreign protocol refuses at every address below its root, those that do not exist included.

    A 401 carries its one challenge: of several, clients take one that they cannot answer. Refusals of which
    some `reasons` have another one are those whose clients then ask for something else.
    """

    root: str
    refuse: Refusals
    challenge: str
    reasons: Mapping[str, str] = field(default_factory=dict)

    def challenge_for(self, reason: str) -> str:
        """Return the challenge of a refusal."""
        return self.reasons.get(reason, self.challenge)


def register(app: Flask) -> None:
    """Install the handlers, most specific first."""
    app.register_error_handler(AppError, answer_refusal)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(SQLAlchemyError, answer_database_error)
    app.register_error_handler(Exception, answer_defect)


def refuse_by(app: Flask, blueprint: str, refusals: Refusals) -> None:
    """Let refusals at the URLs of a blueprint look as its protocol wants them."""
    app.extensions.setdefault("refusals", {})[blueprint] = refusals


def refuse_at(app: Flask, face: Face) -> None:
    """Let refusals at all addresses below a root look as its protocol wants them."""
    app.extensions.setdefault("faces", []).append(face)


def face_of_request() -> Face | None:
    """Return the protocol that is spoken at the address of the request, whether that exists or not."""
    faces = cast("list[Face]", current_app.extensions.get("faces", []))
    return next((each for each in faces if f"{request.path}/".startswith(f"{each.root}/")), None)


def refused(status: int, message: Text, facts: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Answer in the envelope, or as the protocol of the URL wants it."""
    face = face_of_request()
    if face is not None:
        if "WWW-Authenticate" in headers:
            headers = {**headers, "WWW-Authenticate": face.challenge_for(facts["reason"])}
        return face.refuse(status, message, facts, headers)
    refuse = current_app.extensions.get("refusals", {}).get(request.blueprint)
    return cast("Refusals", refuse or failure)(status, message, facts, headers)


def answer_refusal(error: AppError) -> Response:
    """A refusal that the service meant."""
    if note := current_app.extensions.get("note_refusal"):
        note(error)
    return refused(error.status, error.message, {"reason": error.reason, **error.facts}, error.headers)


def answer_http(error: HTTPException) -> Response:
    """A refusal by Flask itself: unknown URL, wrong method."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers(request.environ) if name == "Allow"}
    message = MESSAGES.get(status) or borrowed(error.name, "the request was refused")
    return refused(status, message, {"reason": REASONS.get(status, "http_error")}, headers)


def answer_database_error(error: Exception) -> Response:
    """The database cannot be reached, is locked, full or read-only; everything else is a defect of ours."""
    trouble = trouble_with_database(error)
    if trouble is None:
        return answer_defect(error)
    UNAVAILABLE.say(error, trouble)
    return answer_refusal(refusal_of(trouble))


def refusal_of(trouble: Trouble) -> Unavailable:
    """Return how to refuse what the database cannot do now."""
    match trouble:
        case Trouble.LOCKED:
            return DatabaseLocked(text("something else holds the database; try again"))
        case Trouble.FULL:
            return DatabaseFull(text("the disk of the database is full; delete what is not needed"))
        case Trouble.READ_ONLY:
            return DatabaseReadOnly(text("the database can only be read at the moment; try again later"))
        case Trouble.UNREACHABLE:
            return Unavailable(text("the database is not available; try again"))


def answer_defect(error: Exception) -> Response:
    """A mistake of ours: the trace goes to the log under the request id, the caller gets the id."""
    logger.error("unhandled_error", exc_info=error, extra={"method": request.method})
    facts = {"reason": "internal", "request_id": g.get("request_id")}
    return refused(500, text("the service failed; report the request id"), facts, {})
