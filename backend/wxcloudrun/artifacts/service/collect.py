"""Garbage collection: artifacts that nothing refers to, while uploads go on.

A reference is a row with a foreign key to its artifact. So a collector that deletes an artifact and an
upload that has just referred to it cannot both commit; whoever comes second looks again. The collector's
second look sees the reference, the upload's sees that the artifact is gone and brings its own bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading

SCAN = 1000
BATCH = 50


@dataclass(slots=True)
class Collected:
    """What a collection has found and done."""

    examined: int = 0
    artifacts: int = 0
    bytes: int = 0
    objects: int = 0  # removed from the store; those of this run follow when their links have expired


class CollectService:
    """Deletes what nobody refers to any more."""

    def __init__(self, *, deletions: DeletionService, grace_seconds: int, link_seconds: int) -> None:
        self._deletions = deletions
        self._grace_seconds = grace_seconds
        self._link_seconds = link_seconds

    def run(self) -> Collected:
        """Delete unreferenced artifacts older than the grace time, then the objects that may go.

        Raises StoreUnavailable; what is done by then stays done, and the next run goes on.
        """
        report = Collected()
        cutoff = clock.now() - timedelta(seconds=self._grace_seconds)
        after = ""
        while True:
            with reading() as session:
                rows = queries.artifact_ids(session, after=after, created_before=cutoff, limit=SCAN)
            if not rows:
                break
            after = rows[-1][0]
            report.examined += len(rows)
            garbage = [artifact_id for artifact_id, is_referenced in rows if not is_referenced]
            for start in range(0, len(garbage), BATCH):
                self._collect(garbage[start : start + BATCH], report)
        report.objects = self._deletions.carry_out()
        return report

    def _collect(self, ids: Sequence[str], report: Collected) -> None:
        try:
            sizes = atomically(lambda tx: self._delete(tx, ids))
        except IntegrityError:
            return  # uploads keep referring to some of them; the next run looks again
        report.artifacts += len(sizes)
        report.bytes += sum(sizes)

    def _delete(self, tx: Transaction, ids: Sequence[str]) -> list[int]:
        garbage = queries.lock_unreferenced(tx.session, ids)
        for artifact in garbage:
            self._deletions.put_down(tx, artifact.object_key, after_seconds=self._link_seconds)
            tx.session.delete(artifact)
        tx.session.flush()
        return [artifact.size_bytes for artifact in garbage]
