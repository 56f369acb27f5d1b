"""Headers in, headers out, as the tus protocol wants them; decides nothing."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.http import http_date

from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.errors import Malformed, UnsupportedMediaType
from wxcloudrun.kit.texts import Text, text
from wxcloudrun.tus import rules
from wxcloudrun.tus.errors import OtherProtocolVersion
from wxcloudrun.tus.schemas import names_of
from wxcloudrun.tus.service import TusService, UploadStanding, WantedUpload, place_of
from wxcloudrun.upload_sessions.service.appends import IncomingBytes
from wxcloudrun.upload_sessions.service.entry import SessionPlace
from wxcloudrun.uploads.schemas import UploadHeaders
from wxcloudrun.uploads.service.incoming import UploadPlace
from wxcloudrun.web import digests, languages
from wxcloudrun.web.afterwards import after_answer
from wxcloudrun.web.bodies import raw_blocks
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import with_remarks, without_body

BYTES = "application/offset+octet-stream"
STATUSES = {  # where the protocol has its own, or means something else by ours: 409 is for offsets
    "checksum_mismatch": 460,
    "version_taken": 422,
    "file_taken": 422,
    "version_sealed": 422,
}


def create(project: str, package: str) -> Response:
    """201 with the address of an upload."""
    destination = UploadPlace(actor(), project, package)
    concat = request.headers.get("Upload-Concat", "").strip()
    if concat.startswith(rules.FINAL):
        return join(destination, concat.removeprefix(rules.FINAL))
    if concat not in {"", "partial"}:
        raise Malformed(text("Upload-Concat is partial, or final; and addresses"))
    size_bytes = rules.length(
        request.headers.get("Upload-Length"), request.headers.get("Upload-Defer-Length")
    )
    incoming = incoming_bytes(0) if has_body() else None
    if incoming is None:
        nothing_comes()
    standing = service(TusService).create(destination, wanted(size_bytes, is_partial=bool(concat)), incoming)
    return created(destination, standing)


def join(destination: UploadPlace, addresses: str) -> Response:
    """201 with the address of an upload that was made of others."""
    if "Upload-Length" in request.headers:
        raise Malformed(text("a final upload is as long as its partial ones; send no Upload-Length"))
    nothing_comes()
    below = address_of(destination.project, destination.package)
    partial_ids = rules.partial_ids(addresses, below)
    return created(destination, service(TusService).join(destination, wanted(None), partial_ids))


def look(project: str, package: str, upload_id: str) -> Response:
    """200 with how an upload stands."""
    standing = service(TusService).look(here(project, package, upload_id))
    response = told(standing, 200)
    response.headers["Cache-Control"] = "no-store"
    if standing.said:
        response.headers["Upload-Metadata"] = standing.said
    if standing.partials:
        listed = " ".join(address_of(project, package, each) for each in standing.partials)
        response.headers["Upload-Concat"] = f"{rules.FINAL}{listed}"
    elif standing.is_partial:
        response.headers["Upload-Concat"] = "partial"
    return response


def append(project: str, package: str, upload_id: str) -> Response:
    """204 with the new offset; the body is what is appended."""
    offset = rules.number(request.headers.get("Upload-Offset"), "Upload-Offset")
    require_bytes()
    if offset is None:
        raise Malformed(text("Upload-Offset is missing"))
    incoming = incoming_bytes(offset)
    return told(service(TusService).append(here(project, package, upload_id), incoming), 204)


def terminate(project: str, package: str, upload_id: str) -> Response:
    """204."""
    service(TusService).terminate(here(project, package, upload_id))
    return without_body(204)


def here(project: str, package: str, upload_id: str) -> SessionPlace:
    """Return which upload the request is about."""
    return place_of(UploadPlace(actor(), project, package), upload_id)


def wanted(size_bytes: int | None, *, is_partial: bool = False) -> WantedUpload:
    """Read what an upload shall be. Raises Malformed, TooLarge, Invalid."""
    said = request.headers.get("Upload-Metadata", "")
    names = names_of(rules.metadata(said))
    return WantedUpload(names.spec, size_bytes, said.strip(), names.sha256, is_partial=is_partial)


def has_body() -> bool:
    """Tell whether bytes come along with the creation."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def require_bytes() -> None:
    """Raise UnsupportedMediaType unless the body is declared as bytes of an upload."""
    if request.mimetype != BYTES:
        raise UnsupportedMediaType(text("send the bytes as {type}", type=BYTES))


def incoming_bytes(offset: int) -> IncomingBytes:
    """Read what the request says of its body. Raises UnsupportedMediaType, Malformed."""
    require_bytes()
    return IncomingBytes(
        offset=offset,
        blocks=raw_blocks(),
        announced_bytes=request.content_length,
        said=said_of_body(),
        length_bytes=rules.number(request.headers.get("Upload-Length"), "Upload-Length"),
    )


def said_of_body() -> Checksums:
    """Return what the headers say of the bytes of this request, however they say it. Raises Malformed."""
    headers = UploadHeaders.parse(request.headers, digests.announced())
    if headers.by_checksum:
        raise Malformed(text("deploy by checksum with PUT and the file name in the URL"))
    return rules.checksum(request.headers.get("Upload-Checksum")).also(headers.checksums)


def nothing_comes() -> None:
    """Raise ChecksumMismatch if the headers speak of bytes, and none come."""
    for _ in digests.verified(said_of_body(), ()):
        pass


def created(destination: UploadPlace, standing: UploadStanding) -> Response:
    """Answer with the address of an upload."""
    response = told(standing, 201)
    response.headers["Location"] = address_of(destination.project, destination.package, standing.public_id)
    return response


def told(standing: UploadStanding, status: int) -> Response:
    """Answer with how an upload stands."""
    response = without_body(status)
    response.headers["Upload-Offset"] = str(standing.offset)
    if standing.size_bytes is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(standing.size_bytes)
    if standing.expires_at is not None:
        response.headers["Upload-Expires"] = http_date(standing.expires_at)
    if standing.accepted is not None:
        response.headers["X-Checksum-SHA256"] = standing.accepted.upload.digest
        response.headers["X-Artifact-Id"] = standing.accepted.upload.digest
        with_remarks(response, standing.accepted.remarks)
    if standing.completed is not None:
        after_answer(standing.completed.forget_parts)
    return response


def address_of(project: str, package: str, *upload_id: str) -> str:
    """Return the address of a package's uploads, or of one of them, relative to the service's."""
    return "/".join(["/tus", project, package, *upload_id])


def require_version() -> None:
    """Raise OtherProtocolVersion unless the client speaks the version that is spoken here."""
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != rules.VERSION:
        raise OtherProtocolVersion(
            text("send Tus-Resumable: {version}", version=rules.VERSION),
            headers={"Tus-Version": rules.VERSION},
            current=rules.VERSION,
        )


def stamp(response: Response) -> Response:
    """Say in every answer which version is spoken, and in that to OPTIONS what can be done here."""
    response.headers["Tus-Resumable"] = rules.VERSION
    if request.method == "OPTIONS":
        response.status_code = 200
        response.headers["Tus-Version"] = rules.VERSION
        response.headers["Tus-Extension"] = ",".join(rules.EXTENSIONS)
        response.headers["Tus-Checksum-Algorithm"] = ",".join(rules.CHECKSUMS)
    if request.method == "OPTIONS" or response.status_code == 413:
        response.headers["Tus-Max-Size"] = str(service(TusService).most_bytes)
    return response


def refuse(status: int, message: Text, facts: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Answer a refusal as text: its slug and its sentence. The protocol has no format for them."""
    language = languages.of_request()
    body = f"{facts['reason']}: {languages.translated(message, language)}\n"
    status = STATUSES.get(str(facts["reason"]), status)
    response = Response(body, status=status, content_type="text/plain; charset=utf-8")
    response.headers.extend(headers)
    if "offset" in facts:
        response.headers["Upload-Offset"] = str(facts["offset"])
    languages.mark(response, language)
    return response
