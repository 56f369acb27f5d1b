"""The URLs of upload sessions: data, not code."""

from wxcloudrun.kit.errors import (
    ChecksumMismatch,
    Conflict,
    Forbidden,
    Gone,
    IdempotencyKeyReused,
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    QuotaReached,
    TooLarge,
    VersionTaken,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.writing import Preempted
from wxcloudrun.upload_sessions import controller
from wxcloudrun.upload_sessions.errors import (
    PartsMissing,
    SessionEnded,
    SessionGone,
    TooManyUploads,
    UploadLost,
)
from wxcloudrun.upload_sessions.schemas import (
    CheckIn,
    CheckOut,
    CompleteIn,
    PartFields,
    PartOut,
    SealingOut,
    SessionIn,
    SessionOut,
    UnfinishedOut,
)
from wxcloudrun.upload_sessions.words import WORDS
from wxcloudrun.uploads.schemas import UploadOut
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.web.endpoint import BodyFormat, Endpoint, OtherAnswer, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

ACCEPTING = (VersionTaken, FileTaken, VersionSealed, QuotaReached)
PART = (
    Forbidden, NotFound, Malformed, Interrupted, Invalid, ChecksumMismatch, SessionEnded, Preempted,
    SessionGone, UploadLost, StoreUnavailable,
)  # fmt: skip
CHECKSUMS = (
    "X-Checksum-SHA256", "X-Checksum-SHA512", "X-Checksum-SHA1", "X-Checksum-MD5",
    "Content-Digest", "Repr-Digest", "Digest", "Content-MD5",
)  # fmt: skip

AT_ONCE = OtherAnswer(200, UploadOut, "The finished upload: the caller may read these bytes already")
MEANWHILE = OtherAnswer(202, SealingOut, "Another request completes it; ask again", ("Retry-After",))

ENDPOINTS = [
    Endpoint(
        "POST", "/uploads/sessions", controller.begin_session, "begin_upload_session",
        "Begin an upload that comes in parts",
        scope=Scope.UPLOAD, widens_access=False,
        body=SessionIn, answer=SessionOut, status=201, others=(AT_ONCE,),
        errors=(
            Forbidden, NotFound, Malformed, Invalid, IdempotencyKeyReused, TooLarge, TooManyUploads,
            *ACCEPTING, StoreUnavailable,
        ),
        reads=("Idempotency-Key",),
        description="With a `sha256` of bytes that the caller may read already, the answer is 200 and the "
        "finished upload.",
    ),
    Endpoint(
        "GET", "/uploads/sessions", controller.list_sessions, "list_upload_sessions",
        "Your own unfinished uploads in this package, newest first",
        scope=Scope.DOWNLOAD, query=PageQuery, answer=PageOut[UnfinishedOut], errors=(Forbidden, NotFound),
        description="Those that come in parts, and those of tus clients: what counts against the limit.",
    ),
    Endpoint(
        "POST", "/uploads/check", controller.check_files, "check_files",
        "Ask what would become of files before they are sent",
        scope=Scope.UPLOAD, widens_access=False,
        body=CheckIn, answer=CheckOut, errors=(Forbidden, NotFound, Invalid),
        description="Nothing is reserved, and nothing tells bytes that the caller may not read from bytes "
        "that are not there.",
    ),
    Endpoint(
        "GET", "/uploads/sessions/<session_id>", controller.get_session, "get_upload_session",
        "What has come, and what has become of it",
        scope=Scope.UPLOAD, answer=SessionOut, errors=(Forbidden, NotFound), takes_upload_token=True,
    ),
    Endpoint(
        "PUT", "/uploads/sessions/<session_id>/parts/<number>", controller.put_part, "put_upload_part",
        "Send a part as the body",
        scope=Scope.UPLOAD, widens_access=False,
        body=BodyFormat.BYTES, answer=PartOut, errors=PART, reads=CHECKSUMS,
        takes_upload_token=True,
    ),
    Endpoint(
        "POST", "/uploads/sessions/<session_id>/parts/<number>", controller.post_part, "post_upload_part",
        "Send a part in a form",
        scope=Scope.UPLOAD, widens_access=False,
        body=BodyFormat.FORM, form=PartFields, answer=PartOut, errors=PART,
        reads=CHECKSUMS,
        description="`X-Checksum-SHA256` speaks of the part, the other digests of the whole body.",
        takes_upload_token=True,
    ),
    Endpoint(
        "POST", "/uploads/sessions/<session_id>/complete", controller.complete_session,
        "complete_upload_session", "Make the parts an upload",
        scope=Scope.UPLOAD, widens_access=False, body=CompleteIn, answer=UploadOut, others=(MEANWHILE,),
        errors=(
            Forbidden, NotFound, Invalid, PartsMissing, ChecksumMismatch, *ACCEPTING, Gone, SessionGone,
            UploadLost, StoreUnavailable,
        ),
        description="202 with `Retry-After` while another request completes it. Asked again, the answer is "
        "the same, for seven days.",
        takes_upload_token=True,
    ),
    Endpoint(
        "DELETE", "/uploads/sessions/<session_id>", controller.abort_session, "abort_upload_session",
        "Give an upload up", scope=Scope.UPLOAD, widens_access=False,
        status=204, errors=(Conflict, Forbidden, NotFound),
        takes_upload_token=True,
    ),
]  # fmt: skip

upload_sessions = blueprint(
    "upload_sessions", "/api/v1/project/<project>/<package>", ENDPOINTS, words=(WORDS,)
)
