"""HTTP in, HTTP out, for reading: conditions, ranges and headers around the bytes."""

import base64

from flask import Response, request
from werkzeug.http import http_date

from wxcloudrun.downloads.rules import Blob
from wxcloudrun.downloads.schemas import ArtifactOut, DownloadQuery, LinkOut, ResolvedOut, ResolveQuery
from wxcloudrun.downloads.service.artifacts import ArtifactService
from wxcloudrun.downloads.service.content import BlobService
from wxcloudrun.downloads.service.resolve import ResolveService
from wxcloudrun.kit.web.byte_ranges import Selected, is_unchanged, selected_range
from wxcloudrun.kit.web.disposition import attachment
from wxcloudrun.kit.web.endpoint import actor, service
from wxcloudrun.kit.web.envelope import ok, without_body

IMMUTABLE = "max-age=31536000, immutable"
# Bytes that somebody uploaded are never rendered on this origin, whatever type they claim to be.
HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


def download(project: str, package: str, ref: str, query: DownloadQuery) -> Response:
    """The bytes, a redirect to them, or a link.

    HEAD is always answered here, because a signed link is good for one method only.
    """
    resolved = service(ResolveService).resolve(actor(), project, package, ref)
    blob = resolved.target
    if query.mode != "proxy" and request.method == "GET":
        return link_to(blob, redirect=query.mode == "redirect")
    audience = "public" if resolved.package.access.is_public else "private"
    freshness = IMMUTABLE if resolved.is_immutable else "no-cache"
    response = answer_bytes(blob)
    response.headers["Cache-Control"] = f"{audience}, {freshness}"
    response.headers["Vary"] = "Authorization, Cookie"
    return response


def linked_blob(token: str) -> Response:
    """The bytes that a signed link of this service opens."""
    response = answer_bytes(service(BlobService).linked(token))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def resolve(project: str, package: str, query: ResolveQuery) -> Response:
    """200 with what the reference means and why."""
    return ok(ResolvedOut.of(service(ResolveService).resolve(actor(), project, package, query.ref)))


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
        "Last-Modified": http_date(blob.deposited_at),
        **HARMLESS,
    }
    if blob.sha1 is not None:
        headers["X-Checksum-SHA1"] = blob.sha1
    if blob.md5 is not None:
        headers["X-Checksum-MD5"] = blob.md5
    return headers


def send(response: Response, blob: Blob, part: Selected) -> None:
    """Give the response its body, which leaves the store while it is sent."""
    response.direct_passthrough = True
    response.response = service(BlobService).read(blob, part.start, part.length)
