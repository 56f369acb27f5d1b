"""HTTP in, HTTP out, for reading: conditions, ranges and headers around the bytes."""

import base64

from flask import Response, request
from werkzeug.http import http_date

from wxcloudrun.downloads.rules import Blob
from wxcloudrun.downloads.schemas import ArtifactOut, DownloadQuery, LinkOut, ResolvedOut, ResolveQuery
from wxcloudrun.downloads.service.artifacts import ArtifactService
from wxcloudrun.downloads.service.blobs import BlobService
from wxcloudrun.downloads.service.noting import ReadingLog
from wxcloudrun.downloads.service.resolve import Resolved, ResolveService
from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.versions.errors import SeveralFiles
from wxcloudrun.versions.schemas import FileOut
from wxcloudrun.web.byte_ranges import Selected, is_unchanged, selected_range
from wxcloudrun.web.disposition import attachment
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok, with_remarks, without_body
from wxcloudrun.web.parsing import has_plus, hint_at_plus
from wxcloudrun.web.transfer_places import admit_download

IMMUTABLE = "max-age=31536000, immutable"
# Bytes that somebody uploaded are never rendered on this origin, whatever type they claim to be.
HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


def download(project: str, package: str, ref: str, query: DownloadQuery) -> Response:
    """The bytes, a redirect to them, or a link."""
    try:
        resolved = service(ResolveService).bytes_behind(actor(), project, package, ref)
    except SeveralFiles as error:
        version = error.facts["version"]
        files = [FileOut.of(project, package, version, each).model_dump() for each in error.files]
        raise SeveralFiles(error.message, version=version, files=files) from error
    return answer(resolved, query)


def download_file(project: str, package: str, ref: str, filename: str, query: DownloadQuery) -> Response:
    """The same of the file that has this name."""
    return answer(service(ResolveService).resolve_file(actor(), project, package, ref, filename), query)


def answer(resolved: Resolved, query: DownloadQuery) -> Response:
    """Answer what a reference means in the way that was asked for.

    HEAD is always answered here, because a signed link is good for one method only.
    """
    blob = resolved.target
    if query.mode != "proxy" and request.method == "GET":
        service(ReadingLog).linked(actor(), resolved)
        return with_remarks(link_to(blob, redirect=query.mode == "redirect"), blob.remarks())
    if request.method == "GET":
        service(ReadingLog).downloaded(actor(), resolved, is_part="Range" in request.headers)
    audience = "public" if resolved.package.access.is_public else "private"
    freshness = IMMUTABLE if resolved.is_immutable else "no-cache"
    response = answer_bytes(blob)
    response.headers["Cache-Control"] = f"{audience}, {freshness}"
    response.headers["Vary"] = "Authorization, Cookie"
    return with_remarks(response, blob.remarks())


def linked_blob(token: str) -> Response:
    """The bytes that a signed link of this service opens."""
    response = answer_bytes(service(BlobService).linked(token))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def resolve(project: str, package: str, query: ResolveQuery) -> Response:
    """200 with what the reference means and why."""
    try:
        resolved = service(ResolveService).resolve(actor(), project, package, query.ref)
        return ok(ResolvedOut.of(resolved))
    except NotFound as error:
        if not has_plus("ref"):
            raise
        raise type(error)(hint_at_plus(error.message), **error.facts) from error


def get_artifact(sha256: str) -> Response:
    """200 with the artifact."""
    return ok(ArtifactOut.of(service(ArtifactService).get(actor(), sha256)))


def link_to(blob: Blob, *, redirect: bool) -> Response:
    """Answer a short-lived link, or a redirect to it; neither may be kept."""
    link = service(BlobService).link(blob, attachment(blob.original_name))
    if redirect:
        response = without_body(302)
        response.headers["Location"] = link.url
        response.headers["X-Checksum-SHA256"] = blob.artifact_id
    else:
        response = ok(
            LinkOut(url=link.url, expires_at=link.expires_at, sha256=blob.artifact_id, size=blob.size_bytes)
        )
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_bytes(blob: Blob) -> Response:
    """Answer 200, 206 or 304 with every header; 412 and 416 are raised."""
    if is_unchanged(blob.artifact_id, blob.deposited_at):
        response = without_body(304)
        response.headers.extend({"ETag": f'"{blob.artifact_id}"', "X-Artifact-Id": blob.artifact_id})
        return response
    is_get = request.method == "GET"  # ranges are defined for nothing else (RFC 9110 section 14.2)
    part = selected_range(blob.size_bytes, blob.artifact_id, blob.deposited_at) if is_get else None
    response = Response(status=200 if part is None else 206, content_type=blob.content_type)
    response.headers.extend(headers_of(blob))
    if part is not None:
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{blob.size_bytes}"
    part = part or Selected(0, blob.size_bytes)
    if is_get:
        send(response, blob, part)
    else:
        service(BlobService).check(blob)
    response.headers["Content-Length"] = str(part.length)
    return response


def headers_of(blob: Blob) -> dict[str, str]:
    """Return the headers that GET and HEAD have in common."""
    digest = base64.b64encode(bytes.fromhex(blob.artifact_id)).decode()
    headers = {
        "Content-Disposition": attachment(blob.original_name),
        "ETag": f'"{blob.artifact_id}"',
        "X-Artifact-Id": blob.artifact_id,
        "X-Checksum-SHA256": blob.artifact_id,
        "Repr-Digest": f"sha-256=:{digest}:",
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(min(blob.deposited_at, clock.now())),  # RFC 9110 section 8.8.2.1
        **HARMLESS,
    }
    if blob.sha1 is not None:
        headers["X-Checksum-SHA1"] = blob.sha1
    if blob.md5 is not None:
        headers["X-Checksum-MD5"] = blob.md5
    return headers


def send(response: Response, blob: Blob, part: Selected) -> None:
    """Give the response its body, which leaves the store while it is sent. Raises Busy."""
    admit_download(part.length)
    response.direct_passthrough = True
    response.response = service(BlobService).read(blob, part.start, part.length)
