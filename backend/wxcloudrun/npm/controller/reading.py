"""HTTP in, HTTP out, of what is read: documents and tarballs."""

from dataclasses import replace
from zlib import crc32

from flask import Response, request

from wxcloudrun.downloads.controller import IMMUTABLE, answer_bytes
from wxcloudrun.downloads.service.noting import ReadingLog
from wxcloudrun.downloads.service.resolve import ResolveService
from wxcloudrun.formats.npm_tarballs import version_of_tarball
from wxcloudrun.npm.controller import ROOT
from wxcloudrun.npm.controller.answers import revalidated, tarballs_of, with_freshness
from wxcloudrun.npm.rules import (
    ABBREVIATED_TYPE,
    JSON_TYPE,
    TARBALL_TYPE,
    is_abbreviated,
    written,
)
from wxcloudrun.npm.schemas import packument
from wxcloudrun.npm.service.reading import PackumentService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import without_body
from wxcloudrun.web.kept_pages import PAGES, KeptPage
from wxcloudrun.web.seen_marks import seen_mark


def package(project: str, name: str) -> Response:
    """The document of a package, whole or abbreviated, or 304 to whoever has it."""
    is_short = is_abbreviated(request.accept_mimetypes)
    tarballs = tarballs_of(project, name)
    variant = ("a" if is_short else "f") + f"{crc32(tarballs.encode()):08x}"  # PUBLIC_URL may change
    seen, place = seen_mark(variant), (ROOT, project, name, variant)
    kept = PAGES.get(place)
    known = seen if kept is None else kept.mark
    found = service(PackumentService).package(actor(), project, name, known, is_abbreviated=is_short)
    content_type = ABBREVIATED_TYPE if is_short else JSON_TYPE
    is_seen = found.mark != "" and found.mark == seen
    if found.state is not None and not is_seen:
        render = packument.abbreviated if is_short else packument.full
        body = render(found, found.state, tarballs)
        PAGES.put(place, KeptPage(found.mark, body))
        response = Response(body, content_type=content_type)
    elif kept is not None and not is_seen:
        response = Response(kept.body, content_type=content_type)
    else:
        response = without_body(304)
    response.headers["ETag"] = f'"{found.stamp}-{variant}"'
    return with_freshness(response, is_public=found.is_public)


def version(project: str, name: str, wanted: str) -> Response:
    """The document of a version, by its name or that of a tag."""
    found = service(PackumentService).version(actor(), project, name, wanted)
    body = packument.one_version(found, tarballs_of(project, name))
    response = revalidated(body, is_public=found.is_public)
    response.add_etag()
    response.make_conditional(request)
    return response


def tarball(project: str, name: str, filename: str) -> Response:
    """The bytes of a version."""
    version = version_of_tarball(name, filename) or filename
    resolved = service(ResolveService).file_of_version(actor(), project, written(name), version, filename)
    if request.method == "GET":
        service(ReadingLog).downloaded(actor(), resolved, is_part="Range" in request.headers)
    response = answer_bytes(replace(resolved.target, content_type=TARBALL_TYPE))
    audience = "public" if resolved.package.access.is_public else "private"
    response.headers["Cache-Control"] = f"{audience}, {IMMUTABLE}"
    response.headers["Vary"] = "Authorization, Cookie"
    return response
