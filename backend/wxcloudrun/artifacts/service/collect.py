"""Garbage collection: artifacts that nothing refers to, while uploads go on.

A reference is a row with a foreign key to its artifact. So a collector that deletes an artifact and an
upload that has just referred to it cannot both commit; whoever comes second looks again. The collector's
second look sees the reference, the upload's sees that the artifact is gone and brings its own bytes.

The grace time begins when a collection first sees an artifact without references: it marks the row then,
and a later one deletes it if the mark is old enough. Whoever refers to the artifact again takes the mark
away. With a grace time of 0, a collection deletes what it would mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from sqlalchemy.exc import IntegrityError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.events import STORE_COLLECTED
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.queries import CollectCandidate
from wxcloudrun.artifacts.service.announced import announced
from wxcloudrun.artifacts.service.deletions import DeletionService, put_down
from wxcloudrun.kit import clock
from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.db import Transaction, atomically, reading

SCAN = 1000
BATCH = 50
MAX_LISTED = 1000


@dataclass(frozen=True, slots=True)
class CollectSpec:
    """How long an artifact must have been without references, None: as the settings say; or only to look."""

    grace_seconds: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """An artifact that nothing refers to, and from when on a collection deletes it."""

    goes_at: str
    artifact_id: str
    size_bytes: int
    unreferenced_since: str


@dataclass(slots=True)
class Collected:
    """What a collection has found and done; a dry run says what one would have done.

    Of very many artifacts that wait the first to go are listed, all are counted.
    """

    dry_run: bool = False
    grace_seconds: int = 0
    examined: int = 0
    artifacts: int = 0
    bytes: int = 0
    objects: int = 0  # removed from the store; those of this run follow when their links have expired
    waiting_artifacts: int = 0
    waiting_bytes: int = 0
    waiting_objects: int = 0
    objects_go_until: str | None = None
    waiting: list[Waiting] = field(default_factory=list)
    waiting_left_out: int = 0

    def wait(self, artifact_id: str, size_bytes: int, since: datetime) -> None:
        """Note an artifact whose grace time is not over."""
        goes_at = since + timedelta(seconds=self.grace_seconds)
        self.waiting.append(Waiting(rfc3339(goes_at), artifact_id, size_bytes, rfc3339(since)))
        self.waiting_artifacts += 1
        self.waiting_bytes += size_bytes
        if len(self.waiting) >= 2 * MAX_LISTED:
            self.shorten(MAX_LISTED)

    def delete(self, size_bytes: int) -> None:
        """Note an artifact that goes."""
        self.artifacts += 1
        self.bytes += size_bytes

    def shorten(self, most: int) -> None:
        """List the first to go, so many at most."""
        self.waiting = sorted(self.waiting)[:most]
        self.waiting_left_out = self.waiting_artifacts - len(self.waiting)


class CollectService:
    """Deletes what nobody refers to any more."""

    def __init__(self, *, deletions: DeletionService, grace_seconds: int, link_seconds: int) -> None:
        self._deletions = deletions
        self._grace_seconds = grace_seconds
        self._link_seconds = link_seconds

    def run(self, spec: CollectSpec = CollectSpec()) -> Collected:
        """Delete artifacts without references for the grace time, then the objects that may go.

        Any grace time is safe beside uploads, also 0. Raises StoreUnavailable; what is done by then stays
        done, and the next run goes on.
        """
        grace_seconds = self._grace_seconds if spec.grace_seconds is None else spec.grace_seconds
        report = Collected(dry_run=spec.dry_run, grace_seconds=grace_seconds)

        def figures() -> dict[str, int]:
            done = {"artifacts": report.artifacts, "bytes": report.bytes, "objects": report.objects}
            return {} if report.dry_run else done

        with announced(STORE_COLLECTED, figures):
            self._pass_artifacts(report)
            report.objects = self._deletions.count_due() if report.dry_run else self._deletions.carry_out()
        report.waiting_objects, last = self._deletions.waiting()
        report.objects_go_until = None if last is None else rfc3339(last)
        report.shorten(MAX_LISTED)
        return report

    def _pass_artifacts(self, report: Collected) -> None:
        now, after = clock.now(), ""
        cutoff = now - timedelta(seconds=report.grace_seconds)
        while True:
            with reading() as session:
                passed = queries.candidates(session, after=after, limit=SCAN)
            if not passed:
                return
            after = passed[-1].artifact_id
            report.examined += len(passed)
            for each in passed:
                if not each.is_referenced and (report.dry_run or each.is_settled(cutoff, now)):
                    foresee(each, now, cutoff, report)
            ids = [each.artifact_id for each in passed if not each.is_settled(cutoff, now)]
            for some in batched([] if report.dry_run else ids, BATCH):
                self._judge(some, now, cutoff, report)

    def _judge(self, ids: Sequence[str], now: datetime, cutoff: datetime, report: Collected) -> None:
        def work(tx: Transaction) -> tuple[list[Artifact], list[Artifact]]:
            locked = queries.lock_artifacts(tx.session, ids)
            referenced = queries.referenced_ids(tx.session, ids)
            gone: list[Artifact] = []
            waiting: list[Artifact] = []
            for artifact in locked:
                since = began(artifact.unreferenced_since, now)
                if artifact.id in referenced:
                    artifact.unreferenced_since = None
                elif since <= cutoff:
                    self._delete(tx, artifact)
                    gone.append(artifact)
                else:
                    artifact.unreferenced_since = since
                    waiting.append(artifact)
            tx.session.flush()
            return gone, waiting

        try:
            gone, waiting = atomically(work)
        except IntegrityError:
            return  # uploads keep referring to some of them; the next run looks again
        for artifact in gone:
            report.delete(artifact.size_bytes)
        for artifact in waiting:
            report.wait(artifact.id, artifact.size_bytes, artifact.unreferenced_since or now)

    def _delete(self, tx: Transaction, artifact: Artifact) -> None:
        put_down(tx, artifact.object_key, after_seconds=self._link_seconds)
        tx.session.delete(artifact)


def began(since: datetime | None, now: datetime) -> datetime:
    """Return when a grace time began; now, if it has not, or has by a clock that was ahead."""
    return now if since is None else min(since, now)


def foresee(found: CollectCandidate, now: datetime, cutoff: datetime, report: Collected) -> None:
    """Note what becomes of an artifact that nothing refers to, without touching it.

    One that no collection has seen before would begin its grace time now.
    """
    since = began(found.unreferenced_since, now)
    if since <= cutoff:
        report.delete(found.size_bytes)
    else:
        report.wait(found.artifact_id, found.size_bytes, since)
