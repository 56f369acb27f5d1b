"""Refusals of this domain."""

from wxcloudrun.kit.errors import AppError


class NotAcceptable(AppError):
    """The client takes none of the forms in which there is a page."""

    status = 406
    reason = "not_acceptable"
