"""Making the chain longer, and finding what somebody has done to it.

Writers only insert entries and never wait for one another; the chain is made behind them, by one
process at a time. An entry is therefore protected from the moment in which it is chained.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from wxcloudrun.audit import queries
from wxcloudrun.audit.models import HEAD_ID, AuditEntry, AuditHead, AuditLink
from wxcloudrun.audit.rules import GENESIS, ChainKeys, Hashes
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading

logger = logging.getLogger(__name__)

BATCH = 500
SETTLED_AFTER = timedelta(hours=1)  # no transaction is open for so long
MAX_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written: `edited`, `missing`, `reordered` or `inserted`."""

    kind: str
    position: int | None
    entry_id: int | None


@dataclass(slots=True)
class Verdict:
    """What a verification has seen. `findings` holds the first hundred of `finding_count`."""

    checked: int = 0
    unchained: int = 0
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    position: int = 0
    mac: str = GENESIS

    @property
    def is_clean(self) -> bool:
        """True if nothing was found."""
        return not self.finding_count

    def add(self, kind: str, *, position: int | None = None, entry_id: int | None = None) -> None:
        """Note a finding."""
        self.finding_count += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(kind, position, entry_id))


class Chain:
    """The chain over the committed entries."""

    def __init__(self, keys: ChainKeys) -> None:
        self._keys = keys

    def lengthen(self) -> int:
        """Link every committed entry that is not linked yet; return how many those were.

        The new end goes to the service's log: whoever keeps that has what shows a chain that was cut
        off or replaced as a whole.
        """
        linked = 0
        while True:
            done = atomically(self._link_batch)
            linked += done
            if done < BATCH:
                return linked

    def verify(self, *, contains: str | None = None) -> Verdict:
        """Compare every entry with the chain, and the chain with its head.

        `contains` is the hash of an end that was seen earlier; it is still in the chain, or something
        is missing.
        """
        verdict = Verdict()
        while self._verify_batch(verdict):
            pass
        with reading() as session:
            head = queries.head(session)
            settled_id = head.settled_id if head is not None else 0
            for entry_id in queries.unlinked_up_to(session, settled_id, limit=MAX_FINDINGS):
                verdict.add("inserted", entry_id=entry_id)
            verdict.unchained = queries.count_unlinked(session, after_id=settled_id)
            self._compare_head(verdict, head)
            if contains is not None and not queries.holds_mac(session, contains):
                verdict.add("missing")
        return verdict

    def _link_batch(self, tx: Transaction) -> int:
        head = queries.lock_head(tx.session)
        if head is None:
            head = AuditHead(id=HEAD_ID, position=0, mac=GENESIS, settled_id=0)
        entries = queries.unlinked(tx.session, after_id=head.settled_id, limit=BATCH)
        settled_id = queries.last_id_before(tx.session, clock.now() - SETTLED_AFTER)
        for entry in entries:
            self._link(tx, head, entry)
        if len(entries) == BATCH:
            settled_id = min(settled_id, entries[-1].id)
        head.settled_id = max(head.settled_id, settled_id)
        head.seal = self._seals(head).newest
        tx.session.add(head)
        tx.session.flush()
        if entries:
            end = {"position": head.position, "mac": head.mac}
            tx.after_commit(lambda: logger.info("audit_chained", extra=end))
        return len(entries)

    def _link(self, tx: Transaction, head: AuditHead, entry: AuditEntry) -> None:
        digest, position = self._keys.digests(entry.said).newest, head.position + 1
        mac = self._keys.macs(head.mac, position=position, entry_id=entry.id, digest=digest).newest
        tx.session.add(AuditLink(position=position, entry_id=entry.id, digest=digest, mac=mac))
        head.position, head.mac = position, mac

    def _verify_batch(self, verdict: Verdict) -> bool:
        with reading() as session:
            found = queries.links(session, after_position=verdict.position, limit=BATCH)
            for link, entry in found:
                self._verify_link(verdict, link, entry)
        return len(found) == BATCH

    def _verify_link(self, verdict: Verdict, link: AuditLink, entry: AuditEntry | None) -> None:
        follows = link.position == verdict.position + 1
        if not follows:
            verdict.add("missing", position=verdict.position + 1)
        if entry is None:
            verdict.add("missing", position=link.position, entry_id=link.entry_id)
        elif not self._keys.digests(entry.said).include(link.digest):
            verdict.add("edited", position=link.position, entry_id=link.entry_id)
        macs = self._keys.macs(
            verdict.mac, position=link.position, entry_id=link.entry_id, digest=link.digest
        )
        if follows and not macs.include(link.mac):
            verdict.add("reordered", position=link.position, entry_id=link.entry_id)
        verdict.position, verdict.mac = link.position, link.mac
        verdict.checked += 1

    def _compare_head(self, verdict: Verdict, head: AuditHead | None) -> None:
        if head is None:
            if verdict.checked:
                verdict.add("missing", position=verdict.position)
            return
        if not self._seals(head).include(head.seal):
            verdict.add("edited", position=head.position)
        if head.position > verdict.position:
            verdict.add("missing", position=verdict.position + 1)
        elif (head.position, head.mac) != (verdict.position, verdict.mac):
            verdict.add("reordered", position=verdict.position)

    def _seals(self, head: AuditHead) -> Hashes:
        return self._keys.seals(position=head.position, mac=head.mac, settled_id=head.settled_id)
