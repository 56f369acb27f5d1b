"""Garbage collection: artifacts that nothing refers to, while uploads go on.

A reference is a row with a foreign key to its artifact. So a collector that deletes an artifact and an
upload that has just referred to it cannot both commit; whoever comes second looks again. The collector's
second look sees the reference, the upload's sees that the artifact is gone and brings its own bytes.

The grace time begins when a collection first sees an artifact without references: it marks the row then,
and a later one deletes it if the mark is old enough. Whoever refers to the artifact again takes the mark
away. With a grace time of 0, a collection deletes what it would mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from sqlalchemy.exc import IntegrityError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.artifacts.service.recorded import recorded
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
        """Delete artifacts without references for the grace time, then the objects that may go.

        Raises StoreUnavailable; what is done by then stays done, and the next run goes on.
        """
        report = Collected()

        def figures() -> dict[str, int]:
            return {"artifacts": report.artifacts, "bytes": report.bytes, "objects": report.objects}

        with recorded("store.collected", figures):
            self._pass_artifacts(report)
            report.objects = self._deletions.carry_out()
        return report

    def _pass_artifacts(self, report: Collected) -> None:
        now, after = clock.now(), ""
        cutoff = now - timedelta(seconds=self._grace_seconds)
        while True:
            with reading() as session:
                passed = queries.candidates(session, after=after, limit=SCAN)
            if not passed:
                return
            after = passed[-1].artifact_id
            report.examined += len(passed)
            ids = [each.artifact_id for each in passed if not each.is_settled(cutoff)]
            for some in batched(ids, BATCH):
                self._judge(some, now, cutoff, report)

    def _judge(self, ids: Sequence[str], now: datetime, cutoff: datetime, report: Collected) -> None:
        def work(tx: Transaction) -> list[int]:
            locked = queries.lock_artifacts(tx.session, ids)
            referenced = queries.referenced_ids(tx.session, ids)
            gone: list[int] = []
            for artifact in locked:
                if artifact.id in referenced:
                    artifact.unreferenced_since = None
                elif (artifact.unreferenced_since or now) <= cutoff:
                    self._delete(tx, artifact)
                    gone.append(artifact.size_bytes)
                elif artifact.unreferenced_since is None:
                    artifact.unreferenced_since = now
            tx.session.flush()
            return gone

        try:
            sizes = atomically(work)
        except IntegrityError:
            return  # uploads keep referring to some of them; the next run looks again
        report.artifacts += len(sizes)
        report.bytes += sum(sizes)

    def _delete(self, tx: Transaction, artifact: Artifact) -> None:
        self._deletions.put_down(tx, artifact.object_key, after_seconds=self._link_seconds)
        tx.session.delete(artifact)
