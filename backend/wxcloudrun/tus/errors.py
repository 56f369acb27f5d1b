"""Refusals of this domain."""

from wxcloudrun.kit.errors import AppError, Forbidden, PreconditionFailed


class OtherProtocolVersion(PreconditionFailed):
    """The client speaks another version of the protocol, or does not say which."""

    reason = "other_tus_version"


class FinalUpload(Forbidden):
    """A final upload consists of its partial ones and takes no bytes."""

    reason = "final_upload"


class BeingCompleted(AppError):
    """Every byte is there, and another request has them accepted."""

    status = 423
    reason = "being_completed"
