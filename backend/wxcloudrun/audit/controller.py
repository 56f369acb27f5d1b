"""HTTP in, HTTP out, for the audit log."""

from functools import partial

from flask import Response, current_app, g, request

from wxcloudrun.audit.schemas import AuditQuery, EntryOut, VerdictOut
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.refusals import RefusalLog
from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.security import ANONYMOUS
from wxcloudrun.web import pages
from wxcloudrun.web.afterwards import after_answer
from wxcloudrun.web.endpoint import actor, located, rows, service
from wxcloudrun.web.envelope import ok


def list_entries(query: AuditQuery) -> Response:
    """200 with a page of entries, newest first."""
    page = service(AuditService).page(actor(), query.filters(), pages.requested(query, int))
    return pages.answer(page, EntryOut.model_validate)


def verify() -> Response:
    """200 with the verdict, whatever it is."""
    return ok(VerdictOut.of(service(AuditService).verify(actor())))


def note_refusal(error: AppError) -> None:
    """Write down that a caller was refused something they may not do, behind the answer.

    So whoever is refused learns nothing from it, also when nothing can be written.
    """
    row = rows(current_app).get(request.endpoint or "")
    if row is not None:
        caller = actor() if "actor" in g else located(ANONYMOUS)
        log = service(RefusalLog)
        after_answer(partial(log.note, caller, operation=row.operation, error=error))
