"""The sweeper: objects that no row names, and what uploads that died have left behind.

It is safe beside uploads without any grace time. An upload commits its lease before the first byte and
replaces it by the artifact in one commit, so every object of a living upload is named at every moment.
The sweeper lists first and looks for names afterwards: what has no name then never gets one any more.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.events import STORE_SWEPT
from wxcloudrun.artifacts.service.announced import announced
from wxcloudrun.artifacts.service.deletions import DeletionService, put_down
from wxcloudrun.artifacts.service.leases import LONGEST_LEASE
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.stores.blobs.port import SHARDS, BlobStore

logger = logging.getLogger(__name__)

BATCH = 200
SUSPICIOUS_ORPHANS = 100


@dataclass(slots=True)
class Swept:
    """What a sweep has found and done."""

    expired_leases: int = 0
    aborted_writes: int = 0
    objects_seen: int = 0
    orphans: int = 0
    objects_removed: int = 0
    refused: bool = False  # too much to be garbage: probably the wrong database or the wrong bucket


class SweepService:
    """Makes the store hold what rows name, and nothing else."""

    def __init__(self, *, blobs: BlobStore, deletions: DeletionService) -> None:
        self._blobs = blobs
        self._deletions = deletions

    def run(self, *, force: bool = False) -> Swept:
        """Take expired leases, abort what they leave, remove what nothing names.

        If most objects have no name, none of them is removed unless `force` is set. Raises
        StoreUnavailable; what is done by then stays done.
        """
        report = Swept()

        def figures() -> dict[str, int]:
            return {
                "expired_leases": report.expired_leases,
                "aborted_writes": report.aborted_writes,
                "objects_removed": report.objects_removed,
            }

        with announced(STORE_SWEPT, figures):
            self._sweep(report, force=force)
        return report

    def _sweep(self, report: Swept, *, force: bool) -> None:
        report.expired_leases = self._take_expired_leases()
        report.aborted_writes = self._abort_unfinished()
        orphans = list(self._orphans(report))
        report.orphans = len(orphans)
        report.refused = not force and is_suspicious(len(orphans), report.objects_seen)
        if report.refused:
            logger.error("sweep_refused", extra={"orphans": len(orphans), "objects": report.objects_seen})
        else:
            for keys in batched(orphans, BATCH):
                self._put_down(keys)
        report.objects_removed = self._deletions.carry_out()

    def _take_expired_leases(self) -> int:
        """End leases for uploads that did not; one that goes on after that fails at its last step."""
        taken = 0
        while count := atomically(self._take_some):
            taken += count
        return taken

    def _take_some(self, tx: Transaction) -> int:
        leases = queries.expired_leases(tx.session, clock.now(), BATCH, longest=LONGEST_LEASE)
        for lease in leases:
            put_down(tx, lease.object_key)
            tx.session.delete(lease)
        tx.session.flush()
        return len(leases)

    def _abort_unfinished(self) -> int:
        """Abort writes without a lease: a write is finished before its lease ends."""
        aborted = 0
        for keys in batched(self._blobs.unfinished(), BATCH):
            with reading() as session:
                leased = queries.leased_keys(session, keys)
            for key in set(keys) - leased:
                self._blobs.abort(key)
                aborted += 1
        return aborted

    def _orphans(self, report: Swept) -> Iterator[str]:
        for shard in SHARDS:
            keys = [found.key for found in self._blobs.keys(shard)]
            report.objects_seen += len(keys)
            yield from unnamed(keys)

    def _put_down(self, keys: Sequence[str]) -> None:
        """Write the deletions down first and look again then.

        Whoever wants to give an object a name again has to get past the same row, so one of the two
        sees the other.
        """

        def work(tx: Transaction) -> None:
            known = queries.named_keys(tx.session, keys)
            claimed = [key for key in keys if key not in known]
            for key in claimed:
                put_down(tx, key)
            tx.session.flush()
            queries.forget_deletions(tx.session, queries.held_keys(tx.session, claimed))

        atomically(work)


def unnamed(keys: Iterable[str]) -> Iterator[str]:
    """Yield the keys that nothing names now; they must have been listed before."""
    for some in batched(keys, BATCH):
        with reading() as session:
            named = queries.named_keys(session, some)
        yield from (key for key in some if key not in named)


def is_suspicious(orphans: int, objects: int) -> bool:
    """Tell when there is more garbage than accidents leave."""
    return orphans > SUSPICIOUS_ORPHANS and orphans * 2 > objects
