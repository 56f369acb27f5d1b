"""What administrators do with the audit log: read it, have it verified."""

from wxcloudrun.audit import queries
from wxcloudrun.audit.queries import AuditFilters, EntryView
from wxcloudrun.audit.service.chain import Chain, Verdict
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor


class AuditService:
    """Shows the log, lengthens its chain and verifies it."""

    def __init__(self, *, chain: Chain) -> None:
        self._chain = chain

    def page(self, actor: Actor, filters: AuditFilters, page: PageRequest[int]) -> Page[EntryView]:
        """List the entries that fit, newest first. Raises Forbidden."""
        actor.require_administrator()
        with reading() as session:
            return queries.page_of_entries(session, filters, page)

    def verify(self, actor: Actor) -> Verdict:
        """Verify the chain for an administrator. Raises Forbidden."""
        actor.require_administrator()
        return self.check()

    def check(self, *, contains: str | None = None) -> Verdict:
        """Verify the chain for whoever may run commands on this machine."""
        return self._chain.verify(contains=contains)

    def chain(self) -> int:
        """Link the entries that were committed since the last time; return how many those were."""
        return self._chain.lengthen()
