"""What administrators do with the audit log: read it, have it verified."""

from collections.abc import Iterable
from dataclasses import asdict

from wxcloudrun.audit import queries
from wxcloudrun.audit.events import AUDIT_READ
from wxcloudrun.audit.queries import AuditFilters, EntryView
from wxcloudrun.audit.rules import AuditKeys, Head
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.former_keys import are_kept
from wxcloudrun.audit.service.outside import OutsideHeads
from wxcloudrun.audit.service.verification import Verdict, Verification
from wxcloudrun.kit.db import atomically, reading
from wxcloudrun.kit.events import State, Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor


class AuditService:
    """Shows the log, lengthens its chain and verifies it."""

    def __init__(self, *, keys: AuditKeys, chain: Chain, outside: OutsideHeads, notes_reads: bool) -> None:
        self._notes_reads = notes_reads
        self._keys = keys
        self._chain = chain
        self._outside = outside

    def page(self, actor: Actor, filters: AuditFilters, page: PageRequest[int]) -> Page[EntryView]:
        """List the entries that fit, newest first. Raises Forbidden."""
        actor.require_administrator()
        self._note(actor, {name: value for name, value in asdict(filters).items() if value is not None})
        with reading() as session:
            return queries.page_of_entries(session, filters, page)

    def verify(self, actor: Actor) -> Verdict:
        """Verify the log for an administrator. Raises Forbidden."""
        actor.require_administrator()
        self._note(actor, {"verified": True})
        return self.check()

    def check(self, *, heads: Iterable[tuple[Head, str]] = (), contains: str | None = None) -> Verdict:
        """Verify the log for whoever may run commands on this machine.

        It is compared with `heads`, and with those that the service keeps in a file.
        """
        known = [*self._outside.kept(), *heads]
        return Verification(self._keys).run(heads=known, contains=contains)

    def head_line(self) -> str:
        """Return the end of the chain in the line that is kept elsewhere, empty if there is none."""
        return self._chain.head_line()

    def begin(self, *, again: bool = False) -> bool:
        """Seal the beginning of the log; False if it has one."""
        return self._chain.begin(again=again)

    def chain(self) -> int:
        """Link the entries that were committed since the last time; return how many those were.

        The new end is handed over to whoever keeps it. Raises ChainBroken, SinkFailed.
        """
        linked = self._chain.lengthen()
        if line := self._chain.head_line():
            self._outside.hand_over(line)
        return linked

    def keep_former_keys(self) -> bool:
        """Keep what verifies the log when an older secret of the server is gone; False if it was kept."""
        return self._chain.keep_former_keys()

    def has_former_keys(self) -> bool:
        """Tell whether the log can be verified without any secret of the server but the newest."""
        with reading() as session:
            return are_kept(session, self._keys)

    def _note(self, actor: Actor, state: State) -> None:
        if self._notes_reads:
            atomically(lambda tx: announce(tx, actor, AUDIT_READ, Subject("audit"), after=state))
