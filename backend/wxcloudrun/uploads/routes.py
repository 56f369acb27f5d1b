"""The URLs of deposits: data, not code."""

from wxcloudrun.kit.errors import (
    ChecksumMismatch,
    Conflict,
    Forbidden,
    IdempotencyKeyReused,
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    VersionTaken,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.storage.port import StoreUnavailable
from wxcloudrun.kit.web.endpoint import Body, Caller, Endpoint, blueprint
from wxcloudrun.kit.web.pages import PageOut, PageQuery
from wxcloudrun.uploads import controller
from wxcloudrun.uploads.schemas import FormFields, UploadListed, UploadOut, UploadQuery

REFUSALS = (
    Forbidden, NotFound, Malformed, Interrupted, Invalid, ChecksumMismatch, IdempotencyKeyReused,
    VersionTaken, TooLarge, StoreUnavailable,
)  # fmt: skip
CHECKSUMS = ("X-Checksum-SHA256", "X-Checksum-SHA1", "X-Checksum-MD5", "Repr-Digest", "Idempotency-Key")

ENDPOINTS = [
    Endpoint(
        "POST", "/upload", controller.upload_form, "upload_form", "Deposit a file from a form",
        scope=Scope.WRITE, body=Body.FORM, form=FormFields, answer=UploadOut, reads=CHECKSUMS,
        errors=(*REFUSALS, UnsupportedMediaType),
    ),
    Endpoint(
        "PUT", "/upload/<rest:filename>", controller.upload_raw, "upload_raw", "Deposit the body as a file",
        scope=Scope.WRITE, query=UploadQuery, body=Body.BYTES, answer=UploadOut, errors=REFUSALS,
        reads=("X-Checksum-Deploy", *CHECKSUMS),
        description="With `X-Checksum-Deploy: true` and a SHA-256, and without a body, bytes are taken that "
        "the credential may already read; 404 means: send them.",
    ),
    Endpoint(
        "GET", "/uploads", controller.list_uploads, "list_uploads", "The deposits, newest first",
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[UploadListed], errors=(NotFound,),
    ),
    Endpoint(
        "DELETE", "/uploads/<upload_id>", controller.delete_upload, "delete_upload", "Let go of a deposit",
        scope=Scope.WRITE, status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

uploads = blueprint("uploads", "/api/v1/project/<project>/<package>", ENDPOINTS)
