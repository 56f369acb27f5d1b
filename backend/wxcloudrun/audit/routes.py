"""The URLs of the audit log: data, not code."""

from wxcloudrun.audit import controller
from wxcloudrun.audit.schemas import AuditQuery, EntryOut, VerdictOut
from wxcloudrun.audit.words import WORDS
from wxcloudrun.kit.errors import Forbidden
from wxcloudrun.kit.security import Scope
from wxcloudrun.web.endpoint import Endpoint, blueprint
from wxcloudrun.web.pages import PageOut

ENDPOINTS = [
    Endpoint(
        "GET", "/audit", controller.list_entries, "list_audit", "Who changed what, newest first",
        scope=Scope.ADMIN, query=AuditQuery, answer=PageOut[EntryOut], errors=(Forbidden,),
    ),
    Endpoint(
        "POST", "/audit/verify", controller.verify, "verify_audit",
        "Find entries that were edited, removed or reordered",
        scope=Scope.ADMIN, widens_access=False, answer=VerdictOut, errors=(Forbidden,),
        works_when_full=True,
    ),
]  # fmt: skip

audit = blueprint("audit", "/api/v1", ENDPOINTS, words=(WORDS,))
