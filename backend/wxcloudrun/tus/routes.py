"""The URLs of the tus protocol: data, not code."""

from wxcloudrun.kit.errors import (
    ChecksumMismatch,
    Conflict,
    Forbidden,
    Gone,
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    QuotaReached,
    TooLarge,
    UnsupportedMediaType,
    VersionTaken,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.writing import Preempted
from wxcloudrun.tus import controller
from wxcloudrun.tus.errors import BeingCompleted, FinalUpload, OtherProtocolVersion
from wxcloudrun.upload_sessions.errors import (
    OffsetMismatch,
    SessionEnded,
    SessionGone,
    TooManyUploads,
    UploadLost,
)
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.web.endpoint import BodyFormat, Endpoint, blueprint

PROTOCOL = "tus 1.0.0"
UPLOAD = "/<project>/<package>/<upload_id>"
ACCEPTING = (
    VersionTaken, FileTaken, VersionSealed, QuotaReached, Gone, BeingCompleted, UploadLost, StoreUnavailable,
)  # fmt: skip
BYTES = (
    Malformed, UnsupportedMediaType, TooLarge, Interrupted, Invalid, ChecksumMismatch, OtherProtocolVersion,
)  # fmt: skip

ENDPOINTS = [
    Endpoint(
        "POST", "/<project>/<package>", controller.create, "create_tus_upload", "Begin an upload",
        scope=Scope.UPLOAD, widens_access=False, body=BodyFormat.BYTES, status=201, protocol=PROTOCOL,
        errors=(Forbidden, NotFound, TooManyUploads, *BYTES, *ACCEPTING),
    ),
    Endpoint(
        "HEAD", UPLOAD, controller.look, "look_at_tus_upload", "How far an upload has come",
        scope=Scope.UPLOAD, protocol=PROTOCOL,
        errors=(Forbidden, NotFound, OtherProtocolVersion, SessionGone, *ACCEPTING),
    ),
    Endpoint(
        "PATCH", UPLOAD, controller.append, "append_to_tus_upload", "Append bytes",
        scope=Scope.UPLOAD, widens_access=False, body=BodyFormat.BYTES, status=204, protocol=PROTOCOL,
        errors=(
            Forbidden, NotFound, FinalUpload, OffsetMismatch, Preempted, SessionEnded, SessionGone,
            *BYTES, *ACCEPTING,
        ),
    ),
    Endpoint(
        "DELETE", UPLOAD, controller.terminate, "terminate_tus_upload", "Give an upload up",
        scope=Scope.UPLOAD, widens_access=False, status=204, protocol=PROTOCOL,
        errors=(Forbidden, NotFound, Conflict, OtherProtocolVersion, SessionGone),
    ),
]  # fmt: skip

tus = blueprint("tus", "/tus", ENDPOINTS, refusals=controller.refuse)
tus.before_request(controller.require_version)
tus.after_request(controller.stamp)
