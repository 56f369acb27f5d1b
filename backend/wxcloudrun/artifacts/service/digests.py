"""MD5 and SHA-1: computed as the bytes arrive, or by a job afterwards.

Only SHA-256 says what an artifact is. The other two are for clients that know nothing else, and together
they take longer than everything else about a large upload; an administrator may choose that they follow.
"""

from collections.abc import Collection

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.stores.blobs.measuring import EXTRA_DIGESTS, MEASURABLE, Measured, Measurement
from wxcloudrun.stores.blobs.port import BlobStore

JOB_KIND = "digests"
ATTEMPTS = 10  # so many because the store may be away for hours


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

    def follow(self, tx: Transaction, artifact: Artifact) -> None:
        """Let a job compute what an artifact lacks; the job is committed with the artifact."""
        if None in (artifact.md5, artifact.sha1):
            self._jobs.enqueue(tx, JOB_KIND, {"artifact_id": artifact.id}, max_attempts=ATTEMPTS)

    def compute(self, digest: str, context: JobContext) -> None:
        """Do the job: read the artifact's bytes and write down what it lacks.

        An artifact that has been collected since needs nothing. Raises JobFailed if the object holds other
        bytes, ObjectMissing or StoreUnavailable (the job is tried again), LeaseLost.
        """
        with reading() as session:
            key = queries.object_key(session, digest)
        if key is None:
            return
        measurement = Measurement()
        for _ in measurement.pass_through(self._blobs.read(key)):
            context.check()
        measured = measurement.result()
        if measured.sha256 != digest:
            raise JobFailed(f"the object of artifact {digest} is damaged")
        atomically(lambda tx: self._finish(tx, measured, context))

    def _finish(self, tx: Transaction, measured: Measured, context: JobContext) -> None:
        artifact = queries.artifact(tx.session, measured.sha256)
        if artifact is not None:
            self.fill(tx, artifact, measured)
        context.finish(tx)

    def fill(self, tx: Transaction, artifact: Artifact, measured: Measured) -> None:
        """Write down what an artifact lacks and has been measured."""
        artifact.md5 = artifact.md5 or measured.md5
        artifact.sha1 = artifact.sha1 or measured.sha1
        tx.session.flush()
