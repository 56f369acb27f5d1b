"""The URLs of uploads: data, not code."""

from wxcloudrun.kit.errors import (
    ChecksumMismatch,
    Conflict,
    Forbidden,
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
from wxcloudrun.uploads import controller
from wxcloudrun.uploads.schemas import FormFields, UploadListed, UploadOut, UploadQuery
from wxcloudrun.uploads.words import WORDS
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.web.endpoint import BodyFormat, Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

REFUSALS = (
    Forbidden, NotFound, Malformed, Interrupted, Invalid, ChecksumMismatch, IdempotencyKeyReused,
    VersionTaken, FileTaken, VersionSealed, QuotaReached, TooLarge, StoreUnavailable,
)  # fmt: skip
CHECKSUMS = (
    "X-Checksum-SHA256", "X-Checksum-SHA512", "X-Checksum-SHA1", "X-Checksum-MD5",
    "Content-Digest", "Repr-Digest", "Digest", "Content-MD5", "Idempotency-Key",
)  # fmt: skip

ENDPOINTS = [
    Endpoint(
        "POST", "/upload", controller.upload_form, "upload_form", "Upload a file from a form",
        scope=Scope.UPLOAD, widens_access=False,
        body=BodyFormat.FORM, form=FormFields, answer=UploadOut, reads=CHECKSUMS,
        errors=REFUSALS,
        description="`X-Checksum-*` speak of the file, the other digests of the whole body.",
    ),
    Endpoint(
        "PUT", "/upload/<rest:filename>", controller.upload_raw, "upload_raw", "Upload the body as a file",
        scope=Scope.UPLOAD, widens_access=False,
        query=UploadQuery, body=BodyFormat.BYTES, answer=UploadOut, errors=REFUSALS,
        reads=("X-Checksum-Deploy", *CHECKSUMS),
        description="With `X-Checksum-Deploy: true` and a SHA-256, and without a body, bytes are taken that "
        "the credential may already read; 404 means: send them.",
    ),
    Endpoint(
        "GET", "/uploads", controller.list_uploads, "list_uploads", "The uploads, newest first",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[UploadListed], errors=(NotFound,),
    ),
    Endpoint(
        "DELETE", '/uploads/<entry(but="check sessions"):upload_id>',
        controller.delete_upload, "delete_upload",
        "Let go of an upload", scope=Scope.WRITE, widens_access=False,
        status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

uploads = blueprint("uploads", "/api/v1/project/<project>/<package>", ENDPOINTS, words=(WORDS,))
