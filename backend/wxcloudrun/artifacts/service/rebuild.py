"""Artifact rows out of the bucket: what is left to do when rows were lost and bytes were not."""

from dataclasses import dataclass, field

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.events import STORE_REBUILT
from wxcloudrun.artifacts.models import Artifact, PendingDeletion
from wxcloudrun.artifacts.service.announced import announced
from wxcloudrun.artifacts.service.hashing import Throttle, measure
from wxcloudrun.artifacts.service.sweep import unnamed
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.stores.blobs.measuring import Measured
from wxcloudrun.stores.blobs.port import SHARDS, BlobStore, ObjectMissing


@dataclass(slots=True)
class Rebuilt:
    """What a rebuilding has found and done; the lists hold artifact ids."""

    objects: int = 0
    bytes_hashed: int = 0
    created: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)  # the row was there, its object was not
    surplus: int = 0  # a second copy of bytes that are well; the sweeper removes it


class RebuildService:
    """Hashes what nothing names and gives it its row."""

    def __init__(self, *, blobs: BlobStore) -> None:
        self._blobs = blobs

    def run(self, *, max_bytes_per_second: int | None = None) -> Rebuilt:
        """Make a row for every object without a name. Raises StoreUnavailable.

        The new artifacts have no references: what does not get one is collected after the grace time.
        """
        report = Rebuilt()

        def figures() -> dict[str, int]:
            return {"created": len(report.created), "healed": len(report.healed)}

        with announced(STORE_REBUILT, figures):
            self._rebuild_all(report, Throttle(max_bytes_per_second))
        return report

    def _rebuild_all(self, report: Rebuilt, throttle: Throttle) -> None:
        for shard in SHARDS:
            keys = [found.key for found in self._blobs.keys(shard)]
            report.objects += len(keys)
            for key in unnamed(keys):
                self._rebuild(key, report, throttle)

    def _rebuild(self, key: str, report: Rebuilt, throttle: Throttle) -> None:
        try:
            measured = measure(self._blobs, key, throttle)
        except ObjectMissing:
            return
        report.bytes_hashed += measured.size_bytes
        with reading() as session:
            damaged_key = queries.object_key(session, measured.sha256)
        if damaged_key is not None and self._blobs.size_of(damaged_key) == measured.size_bytes:
            report.surplus += 1
            return
        done = atomically(lambda tx: self._name(tx, key, measured, damaged_key))
        if done is not None:
            {"created": report.created, "healed": report.healed}[done].append(measured.sha256)

    def _name(self, tx: Transaction, key: str, measured: Measured, damaged_key: str | None) -> str | None:
        if queries.named_keys(tx.session, [key]):
            return None
        # The sweeper writes this row before it looks for names, so the two cannot miss each other.
        claim = PendingDeletion(object_key=key, created_at=clock.now(), not_before=clock.now())
        tx.session.add(claim)
        tx.session.flush()
        tx.session.delete(claim)
        tx.session.flush()
        artifact = queries.artifact(tx.connection, measured.sha256)
        if artifact is None:
            tx.session.add(
                Artifact(
                    id=measured.sha256,
                    size_bytes=measured.size_bytes,
                    md5=measured.md5,
                    sha1=measured.sha1,
                    object_key=key,
                    created_at=clock.now(),
                )
            )
            return "created"
        if artifact.object_key != damaged_key:
            return None  # an upload has healed it meanwhile
        queries.change_artifact(tx.connection, artifact.id, object_key=key)
        return "healed"
