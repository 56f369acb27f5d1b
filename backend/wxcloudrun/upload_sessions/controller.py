"""HTTP in, HTTP out, for upload sessions; decides nothing."""

import re
from functools import partial

from flask import Response, request

from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.errors import Invalid, Malformed, NotFound, UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.upload_sessions import rules
from wxcloudrun.upload_sessions.schemas import (
    CheckedFileOut,
    CheckIn,
    CheckOut,
    CompleteIn,
    PartFields,
    PartOut,
    SealingOut,
    SessionIn,
    SessionLimits,
    SessionOut,
    UnfinishedOut,
)
from wxcloudrun.upload_sessions.service.begin import UploadBeginService
from wxcloudrun.upload_sessions.service.completion import CompletionService
from wxcloudrun.upload_sessions.service.entry import SessionPlace
from wxcloudrun.upload_sessions.service.parts import IncomingPart, PartService
from wxcloudrun.upload_sessions.service.preflight import PreflightService
from wxcloudrun.upload_sessions.service.sessions import SessionSeen, UploadSessionService
from wxcloudrun.uploads.schemas import UploadHeaders, UploadOut, key_of
from wxcloudrun.uploads.service.incoming import UploadPlace
from wxcloudrun.web import digests, pages
from wxcloudrun.web.afterwards import after_answer
from wxcloudrun.web.bodies import FormUpload, raw_blocks
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.languages import of_request, translated
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import validate

FORM = "multipart/form-data"
PART_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}")  # written in one way
ASK_AGAIN_SECONDS = 1


def begin_session(project: str, package: str, body: SessionIn) -> Response:
    """201 with the session; 200 with the upload if the bytes are known to the caller."""
    begun = service(UploadBeginService).begin(
        UploadPlace(actor(), project, package), body.spec(key_of(request.headers))
    )
    if not isinstance(begun, SessionSeen):
        return ok(UploadOut.of(begun))
    out = SessionOut.of(begun, url_of(project, package, begun.row.public_id))
    response = ok(out, status=201)
    response.headers["Location"] = out.url
    response.headers["Cache-Control"] = "no-store"  # it carries the token
    return response


def list_sessions(project: str, package: str, query: PageQuery) -> Response:
    """A page of the caller's unfinished uploads, newest first."""
    page = service(UploadSessionService).page(actor(), project, package, pages.requested(query, int))
    return pages.answer(page, UnfinishedOut.of)


def check_files(project: str, package: str, body: CheckIn) -> Response:
    """200 with what would become of each file."""
    preflight = service(PreflightService)
    checked = preflight.check(UploadPlace(actor(), project, package), [each.wanted() for each in body.files])
    say = partial(translated, language=of_request())
    files = [CheckedFileOut.of(each, say) for each in checked]
    return ok(CheckOut(files=files, limits=SessionLimits.of(preflight.most_bytes)))


def get_session(project: str, package: str, session_id: str) -> Response:
    """200 with the session."""
    place = SessionPlace(actor(), project, package, session_id)
    return ok(SessionOut.of(service(UploadSessionService).look(place), url_of(project, package, session_id)))


def put_part(project: str, package: str, session_id: str, number: str) -> Response:
    """200 with the part; the body is the part."""
    if request.mimetype == FORM:
        raise UnsupportedMediaType(text("this body is a form and no part; POST the form"))
    said = checksums_of(digests.announced())
    part = IncomingPart(
        part_number(number),
        raw_blocks(),
        lambda: said,
        announced_bytes=request.content_length,
        digests=said.given,
    )
    return take(SessionPlace(actor(), project, package, session_id), part)


def post_part(project: str, package: str, session_id: str, number: str) -> Response:
    """200 with the part; the form's part `file` is the part."""
    if request.mimetype != FORM:
        raise UnsupportedMediaType(text("send multipart/form-data, or PUT the raw bytes"))
    in_headers = checksums_of(NOTHING_SAID)
    form = FormUpload.of_request(digests.announced())

    def said() -> Checksums:
        fields = validate(PartFields, form.fields)
        if form.filename is None:
            raise Invalid.field("file", text("missing or empty"))
        return in_headers.also(Checksums(sha256=fields.sha256))

    return take(
        SessionPlace(actor(), project, package, session_id),
        IncomingPart(part_number(number), form.blocks(), said, digests=in_headers.given),
    )


def checksums_of(said: Checksums) -> Checksums:
    """Return what the headers say of a part. Raises Malformed, also for a part without a body."""
    headers = UploadHeaders.parse(request.headers, said)
    if headers.by_checksum:
        raise Malformed(text("a part cannot be sent by checksum; begin the session with `sha256`"))
    return headers.checksums


def take(place: SessionPlace, part: IncomingPart) -> Response:
    """Take a part, and hash those behind it when the answer has gone out."""
    parts = service(PartService)
    taken = parts.take(place, part)
    after_answer(lambda: parts.hash_what_follows(taken))
    return ok(PartOut.of(taken))


def complete_session(project: str, package: str, session_id: str, body: CompleteIn) -> Response:
    """200 with the upload, or 202 while another request makes it."""
    place = SessionPlace(actor(), project, package, session_id)
    completed = service(CompletionService).complete(place, Checksums(sha256=body.sha256))
    if completed is None:
        response = ok(SealingOut(), status=202)
        response.headers["Retry-After"] = str(ASK_AGAIN_SECONDS)
        return response
    after_answer(completed.forget_parts)
    return ok(UploadOut.of(completed.accepted))


def abort_session(project: str, package: str, session_id: str) -> Response:
    """204."""
    service(UploadSessionService).abort(SessionPlace(actor(), project, package, session_id))
    return no_content()


def url_of(project: str, package: str, session_id: str) -> str:
    """Return the address of a session, relative to the service's."""
    return rules.address_of(project, package, session_id, is_appended=False)


def part_number(given: str) -> int:
    """Read the number of a part. Raises NotFound for what is none."""
    if not PART_NUMBER.fullmatch(given):
        raise NotFound(text("the number of a part is 1 or more"))
    return int(given)
