"""Bytes in by naming them: a deposit without a body, of bytes that the credential may read already."""

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.artifacts.reads import Artifact
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.publication import Deposited, DepositSpec, Publication
from wxcloudrun.uploads.service.reception import Destination


class ChecksumDepositService:
    """Deposits what is there already.

    Whether bytes exist that the caller may not read is never told: an unknown digest and an invisible
    one take the same path to the same answer.
    """

    def __init__(self, *, packages: PackageService, intake: IntakeService, publication: Publication) -> None:
        self._packages = packages
        self._intake = intake
        self._publication = publication

    def deposit(
        self,
        destination: Destination,
        checksums: Checksums,
        spec: DepositSpec,
        *,
        size_bytes: int | None = None,
    ) -> Deposited:
        """Deposit the bytes that have these checksums, among them the SHA-256, and this size if it is known.

        Raises NotFound if the caller has to send them, else what a deposit raises.
        """
        actor, digest = destination.actor, checksums.sha256 or ""
        with reading() as session:
            self._enter(session, destination)
            artifact = readable_artifact(session, actor, digest)
        if size_bytes not in (None, artifact.size_bytes) or not self._intake.is_whole(artifact, checksums):
            raise send_the_bytes()  # an upload of the bytes heals it
        proposed = self._publication.proposed_version(spec, artifact.object_key, artifact.size_bytes)

        def work(tx: Transaction) -> Deposited:
            found = self._enter(tx.session, destination)
            earlier = self._publication.replayed(tx.session, actor, found, spec, digest)
            if earlier is not None:
                return earlier
            adopted = self._intake.adopt_held(readable_artifact(tx.session, actor, digest))
            return self._publication.publish(tx, actor, found, spec, adopted, proposed)

        return atomically(work)

    def _enter(self, session: Session, destination: Destination) -> FoundPackage:
        return self._packages.enter(
            session, destination.actor, destination.project, destination.package, Action.ARTIFACT_WRITE
        )


def readable_artifact(session: Session, actor: Actor, digest: str) -> Artifact:
    """Return the artifact if this credential may read it somewhere. Raises NotFound."""
    seen = artifact_reads.seen_reference(session, actor, digest)
    artifact = artifact_reads.artifact(session, digest) if seen is not None else None
    if artifact is None:
        raise send_the_bytes()
    return artifact


def send_the_bytes() -> NotFound:
    """Refuse a deposit without bytes, in the same words whatever the cause."""
    return NotFound(text("no such bytes that you may read; send them"), send="bytes")
