"""Making the chain longer behind those who write.

Writers only insert entries, each sealed for itself, and never wait for one another; the chain is made behind
them, by one process at a time. It shows what no seal of an entry can: that an entry is gone.
"""

import logging
from datetime import timedelta
from enum import StrEnum

from wxcloudrun.audit import queries
from wxcloudrun.audit.events import AUDIT_BEGUN
from wxcloudrun.audit.models import HEAD_ID, AuditCheckpoint, AuditEntry, AuditHead, AuditLink
from wxcloudrun.audit.rules import GENESIS, AuditKeys, of_checkpoint, of_entry, of_link
from wxcloudrun.audit.service import former_keys
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM

logger = logging.getLogger(__name__)

BATCH = 500
SETTLED_AFTER = timedelta(hours=1)  # no transaction is open for so long


class Checkpoint(StrEnum):
    """Why a place in the chain was sealed for itself."""

    BEGUN = "begun"
    PRUNED = "pruned"


class ChainBroken(Exception):
    """The head or the beginning of the chain is gone; only a person who asks for it makes a new one."""


class Chain:
    """The chain over the committed entries."""

    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def begin(self, *, again: bool = False) -> bool:
        """Seal the beginning of the log; True if that was done, False if it has one.

        What is there by then is tied into the chain as it is: such entries are sealed late. `again` is for a
        person who knows that the beginning or the head was lost, and stays to be seen in the log.
        """
        with reading() as session:
            has_begun = bool(queries.checkpoints(session)) and queries.head(session) is not None
        if has_begun or (not again and self._has_checkpoint()):
            return False
        while atomically(lambda tx: self._link_batch(tx, self._head_to_begin_with(tx))) == BATCH:
            pass
        atomically(self._seal_beginning)
        return True

    def lengthen(self) -> int:
        """Link every committed entry that is not linked yet; return how many those were.

        The new end goes to the service's log: whoever keeps that has what shows a chain that was cut off or
        replaced as a whole. Raises ChainBroken if there is no head or no beginning.
        """
        linked = 0
        while True:
            done = atomically(self._lengthen_once)
            linked += done
            if done < BATCH:
                return linked

    def keep_former_keys(self) -> bool:
        """Keep what verifies the log when an older secret of the server is gone; False if it was kept."""
        return atomically(self._keep_former_keys)

    def head_line(self) -> str:
        """Return the head in the line that is kept elsewhere, empty if there is none."""
        with reading() as session:
            row = queries.head(session)
            return "" if row is None else row.head.written(row.seal)

    def _has_checkpoint(self) -> bool:
        with reading() as session:
            return bool(queries.checkpoints(session))

    def _lengthen_once(self, tx: Transaction) -> int:
        head = queries.lock_head(tx.session)
        if head is None or not queries.checkpoints(tx.session):
            raise ChainBroken("the audit log has lost its beginning or its head: run `flask audit-verify`")
        self._keep_former_keys(tx)
        return self._link_batch(tx, head)

    def _keep_former_keys(self, tx: Transaction) -> bool:
        head = queries.lock_head(tx.session)
        is_new = former_keys.keep(tx.session, self._keys)
        # One that somebody else has sealed stays as it is, to be found.
        if is_new and head is not None and self._keys.fits(head.head.sealed, head.seal):
            self._seal_head(tx, head)
        return is_new

    def _head_to_begin_with(self, tx: Transaction) -> AuditHead:
        head = queries.lock_head(tx.session)
        if head is not None:
            return head
        last = queries.last_link(tx.session)
        position, mac = (0, GENESIS) if last is None else (last.position, last.mac)
        return AuditHead(id=HEAD_ID, position=position, mac=mac, settled_id=0, counter=0)

    def _seal_beginning(self, tx: Transaction) -> None:
        head, now = self._head_to_begin_with(tx), clock.now()
        kind = Checkpoint.BEGUN.value
        seal = self._keys.sign(of_checkpoint(kind, position=head.position, mac=head.mac, at=now))
        tx.session.add(AuditCheckpoint(kind=kind, position=head.position, mac=head.mac, at=now, seal=seal))
        self._seal_head(tx, head)
        if head.position:
            announce(tx, SYSTEM, AUDIT_BEGUN, Subject("audit"), after={"position": head.position})

    def _link_batch(self, tx: Transaction, head: AuditHead) -> int:
        before = (head.position, head.settled_id)
        entries = queries.unlinked(tx.session, after_id=head.settled_id, limit=BATCH)
        settled_id = queries.last_id_before(tx.session, clock.now() - SETTLED_AFTER)
        for entry in entries:
            self._link(tx, head, entry)
        if len(entries) == BATCH:
            settled_id = min(settled_id, entries[-1].id)
        head.settled_id = max(head.settled_id, settled_id)
        if before != (head.position, head.settled_id) or not head.counter:
            self._seal_head(tx, head)
        if entries:
            end = {"position": head.position, "mac": head.mac, "counter": head.counter}
            tx.after_commit(lambda: logger.info("audit_chained", extra=end))
        return len(entries)

    def _link(self, tx: Transaction, head: AuditHead, entry: AuditEntry) -> None:
        digest, position = self._keys.sign(of_entry(entry.said, entry.seal)), head.position + 1
        mac = self._keys.sign(of_link(head.mac, position=position, entry_id=entry.id, digest=digest))
        tx.session.add(AuditLink(position=position, entry_id=entry.id, digest=digest, mac=mac))
        head.position, head.mac = position, mac

    def _seal_head(self, tx: Transaction, head: AuditHead) -> None:
        head.counter = (head.counter or 0) + 1
        head.at = clock.now()
        head.seal = self._keys.sign(head.head.sealed)
        tx.session.add(head)
        tx.session.flush()
