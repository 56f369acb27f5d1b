"""The check of rows against objects, both ways, on a service that goes on working.

Each difference is looked at a second time before it is reported, because uploads and collections move
things while the check runs. A repair sets objects aside and never deletes anything; what rows repeat of
other rows it counts anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wxcloudrun.artifacts.events import OBJECT_RESTORED, STORE_REPAIRED
from wxcloudrun.artifacts.queries import checking
from wxcloudrun.artifacts.queries.checking import StoredArtifact
from wxcloudrun.artifacts.service.announced import announced
from wxcloudrun.artifacts.service.hashing import Throttle, measure
from wxcloudrun.artifacts.service.sweep import unnamed
from wxcloudrun.kit.db import atomically, reading
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.stores.blobs.port import SHARDS, BlobStore, ObjectMissing

MAX_LISTED = 10_000

OBJECT_MISSING = "object_missing"
OBJECT_UNREFERENCED = "object_unreferenced"
SIZE_MISMATCH = "size_mismatch"
HASH_MISMATCH = "hash_mismatch"
DANGLING_REFERENCE = "dangling_reference"
FILES_MISCOUNTED = "files_miscounted"


class MiscountedVersion(Protocol):
    """A version whose row says another number of files than it has."""

    @property
    def version_id(self) -> int:
        """Which one."""

    @property
    def package_id(self) -> int:
        """Of which package."""

    @property
    def said(self) -> int:
        """What its row says."""

    @property
    def actual(self) -> int:
        """How many there are."""


class FilesOfVersions(Protocol):
    """What the check needs of versions, which live above artifacts."""

    def miscounted_versions(self, limit: int) -> Sequence[MiscountedVersion]:
        """Return versions whose rows say another number of files than they have, so many at most."""

    def recount(self, version_id: int) -> bool:
        """Let a version say how many files it has; False if it does so by now, or has gone."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """How thoroughly to look, and whether to set damaged and unknown objects aside."""

    deep: bool = False
    repair: bool = False
    max_bytes_per_second: int | None = None


@dataclass(slots=True)
class Checked:
    """What a check has seen and found; of very many findings the first ones are listed, all are counted."""

    artifacts: int = 0
    objects: int = 0
    references: int = 0
    bytes_hashed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    recounted: int = 0

    def add(self, kind: str, **facts: Any) -> None:
        """Report one finding."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.findings) < MAX_LISTED:
            self.findings.append({"kind": kind, **facts})


class FsckService:
    """Compares what rows say with what the store holds."""

    def __init__(self, *, blobs: BlobStore, files: FilesOfVersions) -> None:
        self._blobs = blobs
        self._files = files

    def run(self, spec: CheckSpec) -> Checked:
        """Check everything. Raises StoreUnavailable if the store fails meanwhile."""
        report = Checked()
        with announced(STORE_REPAIRED, lambda: repaired(report)):
            self._check(report, spec)
            self._check_counts(report, spec)
        return report

    def _check(self, report: Checked, spec: CheckSpec) -> None:
        throttle = Throttle(spec.max_bytes_per_second)
        strangers: dict[str, int] = {}
        for shard in SHARDS:
            self._check_shard(shard, report, strangers, spec, throttle)
        self._report_strangers(strangers, report, spec)
        with reading() as session:
            report.references = checking.count_references(session)
            for dangling in checking.dangling_references(session, MAX_LISTED):
                report.add(
                    DANGLING_REFERENCE,
                    table=dangling.table,
                    row_id=dangling.row_id,
                    package_id=dangling.package_id,
                    artifact_id=dangling.artifact_id,
                )

    def _check_counts(self, report: Checked, spec: CheckSpec) -> None:
        for each in self._files.miscounted_versions(MAX_LISTED):
            report.add(
                FILES_MISCOUNTED,
                version_id=each.version_id,
                package_id=each.package_id,
                expected=each.said,
                actual=each.actual,
            )
            if spec.repair:
                report.recounted += self._files.recount(each.version_id)

    def restore(self, key: str) -> None:
        """Put an object back that a repair has set aside. Raises ObjectMissing."""
        self._blobs.restore(key)
        atomically(lambda tx: announce(tx, SYSTEM, OBJECT_RESTORED, Subject(f"store/object/{key}")))

    def _check_shard(
        self, shard: str, report: Checked, strangers: dict[str, int], spec: CheckSpec, throttle: Throttle
    ) -> None:
        with reading() as session:
            rows = {held.object_key: held for held in checking.artifacts_in_shard(session, shard)}
        sizes = {found.key: found.size_bytes for found in self._blobs.keys(shard)}
        report.artifacts += len(rows)
        report.objects += len(sizes)
        for key in unnamed(key for key in sizes if key not in rows):
            strangers[key] = sizes[key]
        for key, held in rows.items():
            if key not in sizes:
                self._report_missing(held, report)
            elif sizes[key] != held.size_bytes:
                self._check_size(held, report, spec)
            elif spec.deep:
                self._check_bytes(held, report, spec, throttle)

    def _report_missing(self, held: StoredArtifact, report: Checked) -> None:
        if self._blobs.size_of(held.object_key) is None and still_held(held):
            report.add(OBJECT_MISSING, artifact_id=held.artifact_id, object_key=held.object_key)

    def _check_size(self, held: StoredArtifact, report: Checked, spec: CheckSpec) -> None:
        """Ask for the object itself: a repair is not made on the word of a listing."""
        actual = self._blobs.size_of(held.object_key)
        if actual is None:
            self._report_missing(held, report)
        elif actual != held.size_bytes:
            self._damaged(held, report, spec, SIZE_MISMATCH, expected=held.size_bytes, actual=actual)

    def _check_bytes(
        self, held: StoredArtifact, report: Checked, spec: CheckSpec, throttle: Throttle
    ) -> None:
        try:
            measured = measure(self._blobs, held.object_key, throttle)
        except ObjectMissing:
            self._report_missing(held, report)
            return
        report.bytes_hashed += measured.size_bytes
        if measured.sha256 != held.artifact_id:
            self._damaged(held, report, spec, HASH_MISMATCH, actual=measured.sha256)

    def _damaged(
        self, held: StoredArtifact, report: Checked, spec: CheckSpec, kind: str, **facts: Any
    ) -> None:
        """Report an object with the wrong bytes; without it, the next upload of the right ones heals."""
        if still_held(held):
            report.add(kind, artifact_id=held.artifact_id, object_key=held.object_key, **facts)
            self._set_aside(held.object_key, report, spec)

    def _report_strangers(self, strangers: dict[str, int], report: Checked, spec: CheckSpec) -> None:
        """Report objects without a name that are still there at the end: no upload is just ending."""
        for key in unnamed(strangers):
            if self._blobs.size_of(key) is not None:
                report.add(OBJECT_UNREFERENCED, object_key=key, size_bytes=strangers[key])
                self._set_aside(key, report, spec)

    def _set_aside(self, key: str, report: Checked, spec: CheckSpec) -> None:
        if not spec.repair:
            return
        quietly(self._blobs.quarantine, key)
        report.quarantined.append(key)


def repaired(report: Checked) -> dict[str, int]:
    """Return what a repair has changed, for the audit log."""
    return {"quarantined": len(report.quarantined), "recounted": report.recounted}


def still_held(held: StoredArtifact) -> bool:
    """Tell whether the row still says that this object holds its bytes."""
    with reading() as session:
        return checking.artifact_holding(session, held.object_key) == held.artifact_id


def quietly(action: Callable[[str], None], key: str) -> None:
    """Do something to an object that may have gone meanwhile."""
    try:
        action(key)
    except ObjectMissing:
        return
