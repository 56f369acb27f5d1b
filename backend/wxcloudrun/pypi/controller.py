"""HTTP in, HTTP out, as pip, uv and twine speak it; decides nothing."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from wxcloudrun.downloads.controller import IMMUTABLE, answer_bytes
from wxcloudrun.downloads.service.noting import ReadingLog
from wxcloudrun.downloads.service.resolve import ResolveService
from wxcloudrun.formats.distributions import normalised, parse_file_name
from wxcloudrun.kit.errors import NotFound, UnsupportedMediaType, WrongValue
from wxcloudrun.kit.texts import Text, text
from wxcloudrun.pypi import schemas
from wxcloudrun.pypi.errors import NotAcceptable
from wxcloudrun.pypi.rules import (
    HTML_TYPE,
    JSON_TYPE,
    METADATA_ENDING,
    PLAIN_HTML,
    chosen_form,
)
from wxcloudrun.pypi.schemas import SimpleQuery
from wxcloudrun.pypi.service.listing import PypiListingService, written
from wxcloudrun.pypi.service.publishing import CONTENT_TYPE, PublishService
from wxcloudrun.web import digests
from wxcloudrun.web.bodies import FormShape, FormUpload
from wxcloudrun.web.byte_ranges import behind_the_end
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import without_body
from wxcloudrun.web.kept_pages import PAGES, KeptPage
from wxcloudrun.web.links import face_url
from wxcloudrun.web.protocol_refusals import problem
from wxcloudrun.web.seen_marks import seen_mark

ROOT = "/pypi"
TEXT_BYTES = 2 * 1024 * 1024  # of all fields together; the description is a whole README
FORM = FormShape(
    file_field="content",
    most_parts=10_000,
    most_field_bytes=TEXT_BYTES,
    most_text_bytes=TEXT_BYTES,
    single=schemas.FIELDS,
)
FORM_OVERHEAD_BYTES = 2 * TEXT_BYTES  # what may stand around the file
OF_ALIAS, OF_PAGE = "../../../", "../../"  # from a project's page to the place of its index
VARIANTS = {JSON_TYPE: "j", HTML_TYPE: "h", PLAIN_HTML: "p"}
TYPES = {JSON_TYPE: JSON_TYPE, HTML_TYPE: HTML_TYPE, PLAIN_HTML: "text/html; charset=utf-8"}
CALLERS = "Accept, Authorization, Cookie"


def index(project: str, query: SimpleQuery) -> Response:
    """The projects of an index."""
    form = form_of_answer(query)
    found = service(PypiListingService).index(actor(), project)
    render = schemas.index_json if form == JSON_TYPE else schemas.index_html
    response = Response(render(found.names), content_type=TYPES[form])
    response.add_etag()
    response.make_conditional(request)
    return revalidated(response, is_public=found.is_public)


def project_page(project: str, name: str, query: SimpleQuery) -> Response:
    """The files of a project."""
    return answer_project(project, name, query, OF_PAGE)


def project_page_for_hatch(project: str, name: str, query: SimpleQuery) -> Response:
    """The same where hatch looks for it, behind the address that it uploads to."""
    return answer_project(project, name, query, OF_ALIAS)


def answer_project(project: str, name: str, query: SimpleQuery, root: str) -> Response:
    """Answer the page of a project, or 304 to whoever has it, or 301 to its one spelling."""
    if name != normalised(name):
        return moved(f"../{spelled(name)}/")
    form = form_of_answer(query)
    seen, place = seen_mark(VARIANTS[form]), (ROOT, project, name, form, root)
    kept = PAGES.get(place)
    known = seen if kept is None else kept.mark
    found = service(PypiListingService).project(actor(), project, name, known)
    if found.mark and found.mark == seen:
        response = without_body(304)
    elif found.files is None and kept is not None:
        response = Response(kept.body, content_type=TYPES[form])
    else:
        render = schemas.project_json if form == JSON_TYPE else schemas.project_html
        body = render(found, found.files or (), root)
        PAGES.put(place, KeptPage(found.mark, body))
        response = Response(body, content_type=TYPES[form])
    response.headers["ETag"] = f'"{found.stamp}-{VARIANTS[form]}"'
    return revalidated(response, is_public=found.is_public)


def to_index(project: str) -> Response:
    """301 to the list of projects."""
    return moved("simple/" if request.path.endswith("/") else f"{quote(project, safe='')}/simple/")


def to_simple(project: str) -> Response:  # noqa: ARG001 - a part of the path
    """301 to the same with a slash."""
    return moved("simple/")


def to_project(project: str, name: str) -> Response:  # noqa: ARG001 - a part of the path
    """301 to the page of a project, with a slash, in its one spelling."""
    return moved(f"{spelled(name)}/")


def file(project: str, digest: str, filename: str) -> Response:
    """The bytes of a file, or the metadata of one."""
    if filename.endswith(METADATA_ENDING):
        return metadata(project, digest, filename.removesuffix(METADATA_ENDING))
    reference = f"artifact:{digest}"
    package = written(project_of(filename))
    resolved = service(ResolveService).resolve_file(actor(), project, package, reference, filename)
    if request.method == "GET":
        service(ReadingLog).downloaded(actor(), resolved, is_part="Range" in request.headers)
    response = answer_bytes(replace(resolved.target, content_type=CONTENT_TYPE))
    return kept(response, is_public=resolved.package.access.is_public)


def metadata(project: str, digest: str, filename: str) -> Response:
    """The core metadata of a wheel."""
    found = service(PypiListingService).metadata(actor(), project, project_of(filename), digest, filename)
    response = Response(found.content, content_type=CONTENT_TYPE)
    response.add_etag()
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=len(found.content))
    except RequestedRangeNotSatisfiable as problem:
        raise behind_the_end(len(found.content)) from problem
    response.headers["Accept-Ranges"] = "bytes"
    return kept(response, is_public=found.is_public)


def provenance(project: str, name: str, version: str, filename: str) -> Response:  # noqa: ARG001 - of the path
    """404: none is kept."""
    service(PypiListingService).require_project(actor(), project, name)
    raise NotFound(text("no provenance is kept of this file"))


def publish(project: str) -> Response:
    """200 with the file that is there now."""
    publishing = service(PublishService)
    publishing.admit(actor(), project, announced_bytes())
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(text("send multipart/form-data, as twine and uv do"))
    form = FormUpload.of_request(digests.announced(), FORM)
    blocks = form.blocks()
    first = next(blocks, b"")
    claim = None
    if "name" in form.fields:  # as clients do, who send the file last: refused before it is read
        claim = schemas.read_claim(form.fields, form.filename)
        publishing.admit_claim(actor(), project, claim)
    with publishing.open(actor(), project) as publication:
        publication.take(chain((first,), blocks), claim)
        accepted = publication.accept(schemas.read_claim(form.fields, form.filename))
    upload = accepted.upload
    told = {"filename": upload.original_name, "version": upload.version, "sha256": upload.digest}
    return Response(schemas.encoded(told), content_type="application/json")


def refuse(status: int, message: Text, facts: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Answer a refusal as problem details; who sends to a wrong address is told the right one."""
    if status == 405:
        parts = request.path.split("/")
        project = parts[2] if len(parts) > 2 else ""
        url, simple = (face_url(ROOT, project, name, "") for name in ("legacy", "simple"))
        message = text(
            "nothing was stored: upload to {url}, and install from {simple}", url=url, simple=simple
        )
    return problem(status, message, facts, headers)


def form_of_answer(query: SimpleQuery) -> str:
    """Return in which form a page is answered. Raises NotAcceptable."""
    form = chosen_form(request.accept_mimetypes, query.format)
    if form is None:
        raise NotAcceptable(text("there are {json}, {html} and text/html", json=JSON_TYPE, html=HTML_TYPE))
    return form


def project_of(filename: str) -> str:
    """Return of which project a file is by its name; nobody's if it is no such name."""
    try:
        return parse_file_name(filename).project
    except WrongValue:
        return ""


def announced_bytes() -> int | None:
    """Return how large the file in a form must at least be, as far as the headers tell."""
    if not request.content_length:
        return request.content_length
    return max(request.content_length - FORM_OVERHEAD_BYTES, 1)


def spelled(name: str) -> str:
    """Return the one spelling of a name as a part of an address, which cannot lead to another host."""
    return quote(normalised(name), safe="")


def moved(location: str) -> Response:
    """Answer 301 to an address relative to this one, with what was asked."""
    response = without_body(301)
    asked = request.query_string.decode("latin-1")
    response.headers["Location"] = f"{location}?{asked}" if asked else location
    return response


def revalidated(response: Response, *, is_public: bool) -> Response:
    """Let a page be kept, and asked for each time: people look for what they have just published."""
    response.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, no-cache"
    response.headers["Vary"] = CALLERS
    return response


def kept(response: Response, *, is_public: bool) -> Response:
    """Let bytes be kept for ever: their digest is in their address."""
    response.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, {IMMUTABLE}"
    response.headers["Vary"] = "Authorization, Cookie"
    return response
