"""The page on which a person reads the description of the API and tries calls, with all its files."""

from pathlib import Path

from flask import Response, request

from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.outgoing import FileBody
from wxcloudrun.web.transfer_places import admit_download

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
        raise NotFound(text("there is no such file"))
    response = file(name, ASSETS[name])
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def file(name: str, media: str) -> Response:
    """Answer one of the files here, in the form in which no slow client costs a thread. Raises Busy."""
    path = FOLDER / name
    response = Response(content_type=media)
    size_bytes = path.stat().st_size
    if request.method != "HEAD":
        admit_download(size_bytes)
        response.direct_passthrough = True
        response.response = FileBody(path.open("rb"), 0, size_bytes)
    response.headers["Content-Length"] = str(size_bytes)
    return response
