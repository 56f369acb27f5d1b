"""HTTP in, HTTP out, for uploads: headers and streams become specs, nothing is decided here."""

from collections.abc import Iterator

from flask import Response, request, url_for

from wxcloudrun.kit.checksums import NOTHING_SAID
from wxcloudrun.kit.errors import Invalid, Malformed, UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.uploads.schemas import (
    FormFields,
    UploadHeaders,
    UploadListed,
    UploadOut,
    UploadQuery,
    checked_file_name,
)
from wxcloudrun.uploads.service.by_checksum import ChecksumUploadService
from wxcloudrun.uploads.service.incoming import UploadPlace, UploadService
from wxcloudrun.uploads.service.listing import UploadListService
from wxcloudrun.web import digests, pages
from wxcloudrun.web.bodies import FormUpload, raw_blocks
from wxcloudrun.web.endpoint import actor, is_path_text, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import has_body, row_id, validate

FORM = "multipart/form-data"
FORM_OVERHEAD_BYTES = 64 * 1024  # boundaries, part heads and text fields around the file
NOT_FILES = frozenset({"", "application/x-www-form-urlencoded"})


def upload_raw(project: str, package: str, filename: str, query: UploadQuery) -> Response:
    """200 with the upload; the body is the file."""
    headers = UploadHeaders.parse(request.headers, digests.announced())
    uploads, place = service(UploadService), UploadPlace(actor(), project, package)
    if headers.by_checksum:
        return upload_by_checksum(place, filename, query, headers)
    if request.mimetype == FORM:
        url = url_for("uploads.upload_form", project=project, package=package)
        raise UnsupportedMediaType(text("this body is a form and no file; POST the form to {url}", url=url))
    uploads.admit(place, request.content_length)
    spec = headers.spec(path_file_name(filename), request.content_type, query)
    uploads.admit_name(place, spec, headers.checksums.sha256)
    with uploads.open(place) as incoming:
        incoming.take(raw_blocks(), headers.checksums, request.content_length)
        accepted = incoming.accept(spec)
    return ok(UploadOut.of(accepted))


def upload_form(project: str, package: str) -> Response:
    """200 with the upload; the form's part `file` is the file."""
    said = digests.announced()  # of the whole form, where X-Checksum-* speaks of the file
    headers = UploadHeaders.parse(request.headers, NOTHING_SAID)
    if headers.by_checksum:
        raise Malformed(text("deploy by checksum with PUT and the file name in the URL"))
    uploads, place = service(UploadService), UploadPlace(actor(), project, package)
    uploads.admit(place, announced_file_bytes())
    if request.mimetype in NOT_FILES:
        raise Invalid.field("file", text("missing or empty"))
    if request.mimetype != FORM:
        raise UnsupportedMediaType(text("send multipart/form-data, or PUT the raw bytes"))
    form = FormUpload.of_request(said)
    with uploads.open(place) as incoming:
        incoming.take(named_blocks(form), headers.checksums)
        fields = validate(FormFields, form.fields)
        accepted = incoming.accept(headers.spec(form.filename or "", form.content_type, fields))
    return ok(UploadOut.of(accepted))


def upload_by_checksum(
    place: UploadPlace, filename: str, query: UploadQuery, headers: UploadHeaders
) -> Response:
    """200 with an upload of bytes that are here already; 404 means send them."""
    if has_body():
        raise Malformed(text("X-Checksum-Deploy takes no body"))
    for name in digests.OF_CONTENT:
        if name in request.headers:
            raise Malformed(text("X-Checksum-Deploy takes no body, of which {header} speaks", header=name))
    spec = headers.spec(path_file_name(filename), None, query)
    accepted = service(ChecksumUploadService).accept(place, headers.checksums, spec)
    return ok(UploadOut.of(accepted))


def list_uploads(project: str, package: str, query: PageQuery) -> Response:
    """A page of uploads, newest first."""
    page = service(UploadListService).page(actor(), project, package, pages.requested(query, int))
    return pages.answer(page, UploadListed.of)


def delete_upload(project: str, package: str, upload_id: str) -> Response:
    """204."""
    service(UploadListService).delete(
        actor(), project, package, row_id(upload_id, text("there is no such upload"))
    )
    return no_content()


def announced_file_bytes() -> int | None:
    """Return how large the file in a form must at least be, as far as the headers tell."""
    if not request.content_length:
        return request.content_length
    return max(request.content_length - FORM_OVERHEAD_BYTES, 1)


def named_blocks(form: FormUpload) -> Iterator[bytes]:
    """Pass the form's blocks on, once its file name has turned out acceptable."""
    for number, block in enumerate(form.blocks()):
        if number == 0:
            checked_file_name(form.filename or "")
        yield block


def path_file_name(filename: str) -> str:
    """Return the file name in the URL. Raises Invalid if its bytes are not UTF-8."""
    if not is_path_text():
        raise Invalid.field("file", text("the file name is not valid UTF-8"))
    return filename
