"""Finding what somebody has done to the log who has the database."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from wxcloudrun.audit import queries
from wxcloudrun.audit.models import AuditCheckpoint, AuditEntry, AuditHead, AuditLink
from wxcloudrun.audit.rules import GENESIS, AuditKeys, Head, Sealed, of_checkpoint, of_entry, of_link
from wxcloudrun.audit.service.chain import Checkpoint
from wxcloudrun.audit.service.former_keys import known_keys
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading

BATCH = 500
MAX_FINDINGS = 100
CHAINED_WITHIN = timedelta(minutes=2)  # the chain is made every minute
LATEST = CHAINED_WITHIN + clock.MAX_SKEW  # what is chained later than that was not there before


class FindingKind(StrEnum):
    """What can be wrong."""

    EDITED = "edited"  # does not say what it said when it was sealed
    FORGED = "forged"  # was not written by this service: it has no seal, or one of something else
    COPIED = "copied"  # says again, with the same seal, what another one says
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"  # stands among old entries and is not in the chain
    UNCHAINED = "unchained"  # is two minutes old and not in the chain
    BACKWARDS = "backwards"  # is older than the entry before it
    WENT_BACK = "went_back"  # the chain does not hold an end that was seen elsewhere


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    kind: str
    position: int | None
    entry_id: int | None


@dataclass(slots=True)
class Verdict:
    """What a verification has seen. `findings` holds the first hundred of `finding_count`.

    Entries up to the position `sealed_late` are from before entries were sealed when they were written; those
    up to `pruned` were exported and taken away.
    """

    checked: int = 0
    unchained: int = 0
    sealed_late: int = 0
    pruned: int = 0
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    position: int = 0
    mac: str = GENESIS
    counter: int = 0

    @property
    def is_clean(self) -> bool:
        """True if nothing was found."""
        return not self.finding_count

    def add(self, kind: FindingKind, *, position: int | None = None, entry_id: int | None = None) -> None:
        """Note a finding."""
        self.finding_count += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(kind.value, position, entry_id))


@dataclass(slots=True)
class Recent:
    """The seals of the last minutes: a copy of an older one is known by its time."""

    seals: set[str] = field(default_factory=set)
    order: deque[tuple[datetime, str]] = field(default_factory=deque)

    def holds(self, at: datetime, seal: str) -> bool:
        """Tell whether a seal was seen, and remember it."""
        while self.order and self.order[0][0] < at - LATEST:
            self.seals.discard(self.order.popleft()[1])
        if seal in self.seals:
            return True
        self.seals.add(seal)
        self.order.append((at, seal))
        return False


class EntryCheck:
    """Compares entries with their seals, in the order of the chain."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._recent = Recent()
        self._before: datetime | None = None

    def check(self, entry: AuditEntry, position: int | None, keys: AuditKeys) -> None:
        """Note what is wrong with an entry that says what its link holds, if it has one."""
        if entry.seal is None and position is not None and position <= self._verdict.sealed_late:
            return
        place = {"position": position, "entry_id": entry.id}
        if entry.seal is None or not keys.is_born(entry.said, entry.seal):
            self._verdict.add(FindingKind.FORGED, **place)
            return
        if self._recent.holds(entry.at, entry.seal):
            self._verdict.add(FindingKind.COPIED, **place)
        elif self._before is not None and entry.at < self._before - LATEST:
            self._verdict.add(FindingKind.BACKWARDS, **place)
        self._before = entry.at


class Verification:
    """One look at all that there is."""

    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys
        self._known = keys  # with those of former secrets, which vouch for what the head holds and no more
        self.verdict = Verdict()
        self._entries = EntryCheck(self.verdict)
        self._checkpoints: Sequence[AuditCheckpoint] = ()

    def run(self, *, heads: Iterable[tuple[Head, str]] = (), contains: str | None = None) -> Verdict:
        """Compare every entry with its seal and the chain, and the chain with its head and its checkpoints.

        `heads` are ends with their seals that were kept elsewhere, `contains` is the hash of one: they are
        still in the chain, or something is missing.
        """
        with reading() as session:
            self._begin(session)
        head = self._check_chain()
        with reading() as session:
            self._check_unlinked(session, head)
            self._check_head(head)
            if contains is not None and not self._holds(session, contains):
                self.verdict.add(FindingKind.MISSING)
            self._check_heads(session, head, heads)
        return self.verdict

    def start(self, position: int, mac: str, *, sealed_late: int) -> None:
        """Begin behind a place in the chain."""
        self.verdict.position, self.verdict.mac, self.verdict.sealed_late = position, mac, sealed_late

    def know_former_keys(self, session: Session) -> int:
        """Take the keys of former secrets that were kept; return how many others pretend to be one."""
        found = known_keys(session, self._keys)
        self._known = found.keys
        return found.forged

    def was_signed(self, said: Sealed, seal: str) -> bool:
        """Tell whether this service has sealed what is said, with whatever secret it had."""
        return self._known.fits(said, seal)

    def _begin(self, session: Session) -> None:
        for _ in range(self.know_former_keys(session)):
            self.verdict.add(FindingKind.FORGED)
        self._checkpoints = queries.checkpoints(session)
        kinds = [Checkpoint(each.kind) for each in self._checkpoints if each.kind in set(Checkpoint)]
        if Checkpoint.BEGUN not in kinds:
            self.verdict.add(FindingKind.MISSING, position=0)
        for each in self._checkpoints:
            said = of_checkpoint(each.kind, position=each.position, mac=each.mac, at=each.at)
            if not self._keys.fits(said, each.seal):
                # One that a former key has sealed was sealed again, and only that one counts.
                if not self._known.fits(said, each.seal):
                    self.verdict.add(FindingKind.FORGED, position=each.position)
            elif each.kind == Checkpoint.BEGUN:
                self.verdict.sealed_late = max(self.verdict.sealed_late, each.position)
            elif each.position > self.verdict.pruned:
                self.verdict.pruned = self.verdict.position = each.position
                self.verdict.mac = each.mac

    def _check_chain(self) -> AuditHead | None:
        """Follow the chain to its head, which may move on meanwhile; return it as it was at the end."""
        while True:
            while self._check_links():
                pass
            with reading() as session:
                head = queries.head(session)
            is_behind = head is not None and head.position > self.verdict.position
            if not (is_behind and self._check_links()):
                return head

    def _check_links(self) -> bool:
        """Follow the next links; False if there are none."""
        with reading() as session:
            found = queries.links(session, after_position=self.verdict.position, limit=BATCH)
            for link, entry in found:
                self.follow(link, entry)
        return bool(found)

    def follow(self, link: AuditLink, entry: AuditEntry | None) -> None:
        """Compare the next link, and its entry if that is there, with what came before."""
        verdict, place = self.verdict, {"position": link.position, "entry_id": link.entry_id}
        follows = link.position == verdict.position + 1
        if not follows:
            verdict.add(FindingKind.MISSING, position=verdict.position + 1)
        if entry is None:
            verdict.add(FindingKind.MISSING, **place)
        elif not self._known.fits(of_entry(entry.said, entry.seal), link.digest):
            verdict.add(FindingKind.EDITED, **place)
        else:
            self._entries.check(entry, link.position, self._known)
        said = of_link(verdict.mac, position=link.position, entry_id=link.entry_id, digest=link.digest)
        if follows and not self._known.fits(said, link.mac):
            verdict.add(FindingKind.REORDERED, **place)
        verdict.position, verdict.mac = link.position, link.mac
        verdict.checked += 1
        sealed = {each.mac for each in self._checkpoints if each.position == link.position}
        if sealed - {link.mac}:
            verdict.add(FindingKind.REORDERED, position=link.position)

    def _check_unlinked(self, session: Session, head: AuditHead | None) -> None:
        verdict, after_id = self.verdict, head.settled_id if head is not None else 0
        for entry_id in queries.unlinked_up_to(session, after_id, limit=MAX_FINDINGS):
            verdict.add(FindingKind.INSERTED, entry_id=entry_id)
        latest = clock.now() - CHAINED_WITHIN
        while entries := queries.unlinked(session, after_id=after_id, limit=BATCH):
            for entry in entries:
                self._entries.check(entry, None, self._keys)
                if entry.at < latest:
                    verdict.add(FindingKind.UNCHAINED, entry_id=entry.id)
            verdict.unchained += len(entries)
            after_id = entries[-1].id

    def _check_head(self, head: AuditHead | None) -> None:
        verdict = self.verdict
        if head is None:
            verdict.add(FindingKind.MISSING, position=verdict.position)
            return
        verdict.counter = head.counter
        # One from before there were counters fits too, whatever its counter says: it is not an end any more.
        if head.at is None or not head.counter or not self._keys.fits(head.head.sealed, head.seal):
            verdict.add(FindingKind.EDITED, position=head.position)
        sealed = max((each.position for each in self._checkpoints), default=0)
        if max(head.position, sealed) > verdict.position:
            verdict.add(FindingKind.MISSING, position=verdict.position + 1)
        elif (head.position, head.mac) != (verdict.position, verdict.mac):
            verdict.add(FindingKind.REORDERED, position=verdict.position)

    def _holds(self, session: Session, mac: str) -> bool:
        return queries.holds_mac(session, mac) or any(
            each.mac == mac for each in self._checkpoints if each.kind == Checkpoint.PRUNED
        )

    def _check_heads(
        self, session: Session, head: AuditHead | None, heads: Iterable[tuple[Head, str]]
    ) -> None:
        batch: list[tuple[Head, str]] = []
        for each in heads:
            batch.append(each)
            if len(batch) == BATCH:
                self._compare(session, head, batch)
                batch = []
        self._compare(session, head, batch)

    def _compare(self, session: Session, head: AuditHead | None, heads: list[tuple[Head, str]]) -> None:
        ours = []
        for seen, seal in heads:
            if self._known.fits(seen.sealed, seal):
                ours.append(seen)
            else:
                self.verdict.add(FindingKind.FORGED, position=seen.position)
        there = queries.macs(session, [seen.position for seen in ours])
        there |= {each.position: each.mac for each in self._checkpoints}
        for seen in ours:
            is_behind = head is None or head.counter < seen.counter
            is_to_compare = seen.position >= max(self.verdict.pruned, 1)
            if is_behind or (is_to_compare and there.get(seen.position) != seen.mac):
                self.verdict.add(FindingKind.WENT_BACK, position=seen.position)
