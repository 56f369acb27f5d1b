"""Taking old entries out of the database: into a file that verifies by itself, and then away.

What is taken away leaves a checkpoint, from which the rest of the chain is verified.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.audit import queries
from wxcloudrun.audit.events import AUDIT_PRUNED
from wxcloudrun.audit.models import AuditCheckpoint, AuditEntry, AuditLink
from wxcloudrun.audit.rules import UNREADABLE, AuditKeys, Sealed, of_checkpoint
from wxcloudrun.audit.service.chain import Checkpoint
from wxcloudrun.audit.service.verification import FindingKind, Verdict, Verification
from wxcloudrun.kit import clock
from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM

FORMAT = "registry-audit/1"
BATCH = 500
COLUMNS = [column.key for column in AuditEntry.__table__.columns]


class NotPruned(Exception):
    """What a file says is not what may be taken away; the message says why."""


@dataclass(frozen=True, slots=True)
class Archived:
    """How many entries were written or taken away, and up to which place."""

    count: int
    position: int


class Archive:
    """Exports entries with their seals and links, and prunes what was exported."""

    def __init__(self, keys: AuditKeys, *, days: int | None) -> None:
        self._keys = keys
        self._age = None if days is None else timedelta(days=days)

    def lines(self, *, everything: bool = False) -> Iterator[str]:
        """Yield the entries that are old enough, oldest first, behind what was pruned; all if no age is set.

        The first line says behind which place, the last one seals them. No transaction is open between two
        of them.
        """
        now = clock.now()
        latest = now if everything or self._age is None else now - self._age
        start = self._start()
        position, mac, count = start["position"], start["mac"], 0
        yield json.dumps({"format": FORMAT, "after": start})
        for link, entry in self._old(position, latest):
            yield json.dumps(written_link(link, entry), ensure_ascii=False)
            position, mac, count = link.position, link.mac, count + 1
        end = {"position": position, "mac": mac, "count": count}
        yield json.dumps({"end": end, "seal": self._keys.sign(of_export(start, end))})

    def check(self, lines: Iterable[str]) -> Verdict:
        """Verify a file without the database. What is cut off, or no export at all, is `missing`.

        Only the keys of former secrets are asked of it, if it is there.
        """
        return self._read(lines)[0]

    def _read(self, lines: Iterable[str]) -> tuple[Verdict, datetime | None]:
        """Verify a file; return with it the latest time in it."""
        newest = None
        verification, start, is_ended = Verification(self._keys), None, False
        with contextlib.suppress(SQLAlchemyError), reading() as session:
            verification.know_former_keys(session)
        for line in lines:
            try:
                found = json.loads(line)
                if start is None:
                    start = found["after"]
                    verification.start(start["position"], start["mac"], sealed_late=start["sealed_late"])
                elif "end" in found:
                    is_ended = verification.was_signed(of_export(start, found["end"]), found["seal"])
                    is_ended &= verification.verdict.checked == found["end"]["count"]
                else:
                    link, entry = read_link(found)
                    verification.follow(link, entry)
                    newest = entry.at if newest is None else max(newest, entry.at)
            except UNREADABLE:
                verification.verdict.add(FindingKind.EDITED, position=verification.verdict.position)
        if not is_ended:
            verification.verdict.add(FindingKind.MISSING, position=verification.verdict.position)
        return verification.verdict, newest

    def prune(self, lines: Iterable[str]) -> Archived:
        """Take away what a file holds, if all of it is old enough. Raises NotPruned.

        It may be done again if it was cut off.
        """
        if self._age is None:
            raise NotPruned("AUDIT_DAYS is not set")
        latest, digest = clock.now() - self._age, hashlib.sha256()
        verdict, newest = self._read(digesting(lines, digest))
        if not verdict.is_clean:
            raise NotPruned("the file is not what was exported; run `flask audit-verify --export FILE`")
        if newest is not None and newest > latest:
            raise NotPruned("the file holds entries that are younger than AUDIT_DAYS")
        if verdict.checked == 0:  # of a log that is younger than that
            return Archived(0, verdict.position)
        atomically(lambda tx: self._seal(tx, verdict, digest.hexdigest()))
        count = 0
        while some := atomically(lambda tx: queries.take_away(tx.session, verdict.position, limit=BATCH)):
            count += some
        return Archived(count, verdict.position)

    def _start(self) -> dict[str, Any]:
        with reading() as session:
            found = queries.checkpoints(session)
        pruned = max(
            (each for each in found if each.kind == Checkpoint.PRUNED),
            key=lambda each: each.position,
            default=None,
        )
        late = max((each.position for each in found if each.kind == Checkpoint.BEGUN), default=0)
        start = Verdict() if pruned is None else pruned
        return {"position": start.position, "mac": start.mac, "sealed_late": late}

    def _old(self, position: int, latest: datetime) -> Iterator[tuple[AuditLink, AuditEntry]]:
        while True:
            with reading() as session:
                found = queries.links(session, after_position=position, limit=BATCH)
            for link, entry in found:
                if entry is None or entry.at > latest:
                    return
                yield link, entry
                position = link.position
            if len(found) < BATCH:
                return

    def _seal(self, tx: Transaction, verdict: Verdict, digest: str) -> None:
        found = queries.checkpoints(tx.session)
        kind, now = Checkpoint.PRUNED.value, clock.now()
        if any(each.kind == kind and each.position >= verdict.position for each in found):
            return
        if queries.macs(tx.session, [verdict.position]).get(verdict.position) != verdict.mac:
            raise NotPruned("the log does not hold what the file ends with")
        seal = self._keys.sign(of_checkpoint(kind, position=verdict.position, mac=verdict.mac, at=now))
        tx.session.add(
            AuditCheckpoint(kind=kind, position=verdict.position, mac=verdict.mac, at=now, seal=seal)
        )
        state = {"position": verdict.position, "count": verdict.checked, "file_sha256": digest}
        announce(tx, SYSTEM, AUDIT_PRUNED, Subject("audit"), after=state)


def written_link(link: AuditLink, entry: AuditEntry) -> dict[str, Any]:
    """Return what a line says of an entry and its link."""
    said = {name: rfc3339(value) if name == "at" else value for name, value in entry.said.items()}
    return {
        "position": link.position,
        "digest": link.digest,
        "mac": link.mac,
        "entry": {**said, "seal": entry.seal},
    }


def read_link(found: dict[str, Any]) -> tuple[AuditLink, AuditEntry]:
    """Read a line. Raises KeyError, TypeError, ValueError."""
    said = {name: found["entry"][name] for name in COLUMNS}
    entry = AuditEntry(**{**said, "at": datetime.fromisoformat(said["at"])})
    link = AuditLink(position=found["position"], entry_id=entry.id, digest=found["digest"], mac=found["mac"])
    return link, entry


def of_export(start: dict[str, Any], end: dict[str, Any]) -> Sealed:
    """Return what the seal of a file is made of."""
    return Sealed("export", json.dumps([start, end], sort_keys=True))


def digesting(lines: Iterable[str], digest: "hashlib._Hash") -> Iterator[str]:
    """Pass lines on, and digest them."""
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass"))
        yield line
