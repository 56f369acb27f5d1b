"""Answers that clients of npm's protocol get, and where they are told that things are."""

from flask import Response

from wxcloudrun.npm.controller import ROOT
from wxcloudrun.npm.rules import JSON_TYPE
from wxcloudrun.npm.schemas import encoded
from wxcloudrun.web.links import face_url

CALLERS = "Accept, Authorization, Cookie"


def done(status: int, name: str, revision: str) -> Response:
    """Answer that something of a package was changed, and at which revision it is now."""
    return Response(encoded({"ok": True, "id": name, "rev": revision}), status=status, content_type=JSON_TYPE)


def revalidated(body: bytes, content_type: str = JSON_TYPE, *, is_public: bool) -> Response:
    """Answer what may be kept, and is asked for each time: people look for what they have just published."""
    return with_freshness(Response(body, content_type=content_type), is_public=is_public)


def with_freshness(response: Response, *, is_public: bool) -> Response:
    """Say that an answer may be kept and is asked for each time."""
    response.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, no-cache"
    response.headers["Vary"] = CALLERS
    return response


def tarballs_of(project: str, name: str) -> str:
    """Return where the tarballs of a package are: below the registry, where clients send their credential."""
    return face_url(ROOT, project, *name.split("/"), "-", "")
