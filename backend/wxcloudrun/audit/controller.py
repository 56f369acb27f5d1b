"""HTTP in, HTTP out, for the audit log."""

from flask import Response

from wxcloudrun.audit.schemas import AuditQuery, EntryOut, VerdictOut
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok


def list_entries(query: AuditQuery) -> Response:
    """200 with a page of entries, newest first."""
    page = service(AuditService).page(actor(), query.filters(), pages.requested(query, int))
    return pages.answer(page, EntryOut.model_validate)


def verify() -> Response:
    """200 with the verdict, whatever it is."""
    return ok(VerdictOut.of(service(AuditService).verify(actor())))
