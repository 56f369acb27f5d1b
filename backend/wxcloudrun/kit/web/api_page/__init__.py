"""The page on which a person reads the description of the API and tries calls, with all its files."""

from pathlib import Path

from flask import Response

from wxcloudrun.kit.errors import NotFound

FOLDER = Path(__file__).parent
PAGE = "index.html"
ASSETS = {
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
# Scripts and calls go to this origin alone, and no script stands in the page itself. The icons in the
# style sheet are data URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page() -> Response:
    """Answer the page. Its policy holds for this answer only."""
    response = file(PAGE, "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def asset(name: str) -> Response:
    """Answer a file that the page needs. Raises NotFound."""
    if name not in ASSETS:
        raise NotFound("there is no such file")
    response = file(name, ASSETS[name])
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def file(name: str, media: str) -> Response:
    """Answer one of the files here."""
    return Response((FOLDER / name).read_bytes(), content_type=media)
