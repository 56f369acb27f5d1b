"""MD5 and SHA-1: computed as the bytes arrive, or by a job afterwards.

Only SHA-256 says what an artifact is. The other two are for clients that know nothing else, and together
they take longer than everything else about a large upload; an administrator may choose that they follow.
Then every sender who could not see the bytes waits for them as the first one did, whoever knows them.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import ExtraDigests, HeldArtifact
from wxcloudrun.artifacts.queries import digests as told_digests
from wxcloudrun.artifacts.queries.digests import Told
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit import ids
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.stores.blobs.measuring import EXTRA_DIGESTS, MEASURABLE, Measured, Measurement
from wxcloudrun.stores.blobs.port import BlobStore

JOB_KIND = "digests"
ATTEMPTS = 10  # so many because the store may be away for hours


@dataclass(frozen=True, slots=True)
class BytesInPackage:
    """Bytes in a package."""

    artifact_id: str
    package_id: int


class DigestService:
    """Decides when the extra digests are computed, and computes those that were put off."""

    def __init__(self, *, blobs: BlobStore, jobs: JobQueue, is_deferred: bool) -> None:
        self._blobs = blobs
        self._jobs = jobs
        self._is_deferred = is_deferred

    def computed_on_arrival(self, announced: Collection[str]) -> frozenset[str]:
        """Return which digests an upload waits for: those that the client sent are checked in any case."""
        asked = MEASURABLE & frozenset(announced)
        return asked if self._is_deferred else asked | EXTRA_DIGESTS

    def follow(self, tx: Transaction, artifact: HeldArtifact) -> None:
        """Let a job compute what an artifact lacks; the job is committed with the artifact."""
        if None in (artifact.md5, artifact.sha1):
            self._jobs.enqueue(tx, JOB_KIND, {"artifact_id": artifact.id}, max_attempts=ATTEMPTS)

    def tell(self, tx: Transaction, told: Told, held: BytesInPackage, own: ExtraDigests) -> ExtraDigests:
        """Return what a package shows of the digests of bytes that have just come into it.

        `told` is what the sender could see before, `own` what was measured of these very bytes. Whoever could
        not see the bytes gets what the first sender gets: what was measured now, and the rest from a job,
        although another package may show it already.
        """
        known = told.digests.completed(own)
        if told.is_seen and told.mark is None:
            return known
        if known.are_known:
            if told.mark is not None:
                told_digests.show_digests(tx.session, held.artifact_id, held.package_id)
            return known
        mark = told.mark or self._begin(tx, held.artifact_id)
        told_digests.withhold_digests(tx.session, held.artifact_id, held.package_id, mark, known)
        return known

    def _begin(self, tx: Transaction, artifact_id: str) -> str:
        mark = ids.new_id()
        arguments = {"artifact_id": artifact_id, "mark": mark}
        self._jobs.enqueue(tx, JOB_KIND, arguments, max_attempts=ATTEMPTS)
        return mark

    def compute(self, digest: str, mark: str | None, context: JobContext) -> None:
        """Do the job: read the artifact's bytes, write down what it lacks, and let packages show it.

        An artifact that has been collected since needs nothing. Raises JobFailed if the object holds other
        bytes, ObjectMissing or StoreUnavailable (the job is tried again), LeaseLost.
        """
        with reading() as session:
            key = queries.object_key(session, digest)
        if key is None:
            atomically(lambda tx: self._end(tx, mark, context))
            return
        measurement = Measurement()
        for _ in measurement.pass_through(self._blobs.read(key)):
            context.check()
        measured = measurement.result()
        if measured.sha256 != digest:
            raise JobFailed(f"the object of artifact {digest} is damaged")
        atomically(lambda tx: self._finish(tx, measured, mark, context))

    def give_up(self, tx: Transaction, mark: str | None) -> None:
        """Let packages show what there is, in the transaction in which the job fails."""
        if mark is not None:
            told_digests.end_withholding(tx.session, mark)

    def _finish(self, tx: Transaction, measured: Measured, mark: str | None, context: JobContext) -> None:
        artifact = queries.artifact(tx.connection, measured.sha256)
        if artifact is not None:
            self.fill(tx, artifact, measured)
        self._end(tx, mark, context)

    def _end(self, tx: Transaction, mark: str | None, context: JobContext) -> None:
        self.give_up(tx, mark)
        context.finish(tx)

    def fill(self, tx: Transaction, artifact: HeldArtifact, measured: Measured) -> HeldArtifact:
        """Write down what an artifact lacks and has been measured; return it with that."""
        md5, sha1 = artifact.md5 or measured.md5, artifact.sha1 or measured.sha1
        if (md5, sha1) != (artifact.md5, artifact.sha1):
            queries.change_artifact(tx.connection, artifact.id, md5=md5, sha1=sha1)
        return replace(artifact, md5=md5, sha1=sha1)
