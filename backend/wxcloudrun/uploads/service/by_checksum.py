"""Bytes in by naming them: an upload without a body, of bytes that the credential may read already."""

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.artifacts.reads import ExtraDigests, HeldArtifact
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.acceptance import (
    AcceptedUpload,
    StoredBytes,
    UploadAcceptance,
    UploadSpec,
)
from wxcloudrun.uploads.service.incoming import UploadPlace


class ChecksumUploadService:
    """Accepts uploads of bytes that are there already.

    Whether bytes exist that the caller may not read is never told: an unknown digest and an invisible
    one take the same path to the same answer.
    """

    def __init__(
        self, *, packages: PackageService, intake: IntakeService, acceptance: UploadAcceptance
    ) -> None:
        self._packages = packages
        self._intake = intake
        self._acceptance = acceptance

    def accept(
        self,
        place: UploadPlace,
        checksums: Checksums,
        spec: UploadSpec,
        *,
        size_bytes: int | None = None,
    ) -> AcceptedUpload:
        """Accept the bytes that have these checksums, among them the SHA-256, and this size if it is known.

        Raises NotFound if the caller has to send them, else what an upload raises.
        """
        digest = checksums.sha256 or ""
        with reading() as session:
            self._packages.enter(session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE)
            artifact, told = readable_artifact(session, place.actor, digest)
        if size_bytes not in (None, artifact.size_bytes) or not self._intake.is_whole(
            artifact, checksums, told
        ):
            raise send_the_bytes()  # an upload of the bytes heals it
        stored = StoredBytes(artifact.object_key, artifact.size_bytes)
        proposed = self._acceptance.proposed_version(spec, stored, place.package)

        def work(tx: Transaction) -> AcceptedUpload:
            actor, found = self._packages.enter_again(  # reading a large object again takes long
                tx.connection, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
            )
            earlier = self._acceptance.replayed(tx.session, actor, found, spec, digest)
            if earlier is not None:
                return earlier
            held, _ = readable_artifact(tx.session, actor, digest)
            adopted = self._intake.adopt_held(tx, held)
            return self._acceptance.accept(tx, actor, found, spec, adopted, proposed)

        return atomically(work)


def readable_artifact(session: Session, actor: Actor, digest: str) -> tuple[HeldArtifact, ExtraDigests]:
    """Return the artifact if this credential may read it somewhere, and what it is told. Raises NotFound."""
    seen = artifact_reads.seen_reference(session, actor, digest)
    artifact = artifact_reads.artifact(session, digest) if seen is not None else None
    if seen is None or artifact is None:
        raise send_the_bytes()
    return artifact, seen.told.digests


def send_the_bytes() -> NotFound:
    """Refuse an upload without bytes, in the same words whatever the cause."""
    return NotFound(text("no such bytes that you may read; send them"), send="bytes")
