"""Bytes in by naming them: a deposit without a body, of bytes that the credential may read already."""

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import queries as artifact_queries
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.service.content import Adopted
from wxcloudrun.artifacts.service.hashing import Throttle, measure
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.storage.port import BlobStore
from wxcloudrun.packages.service import FoundPackage, PackageService
from wxcloudrun.uploads.service.publication import Deposited, DepositSpec, Publication
from wxcloudrun.uploads.service.reception import Checksums, Destination


class ChecksumDepositService:
    """Deposits what is there already.

    Whether bytes exist that the caller may not read is never told: an unknown digest and an invisible
    one take the same path to the same answer.
    """

    def __init__(self, *, packages: PackageService, publication: Publication, blobs: BlobStore) -> None:
        self._packages = packages
        self._publication = publication
        self._blobs = blobs

    def deposit(self, destination: Destination, checksums: Checksums, spec: DepositSpec) -> Deposited:
        """Deposit the bytes that have these checksums, among them the SHA-256.

        Raises NotFound if the caller has to send them, else what a deposit raises.
        """
        actor, digest = destination.actor, checksums.sha256 or ""
        with reading() as session:
            self._enter(session, destination)
            artifact = readable_artifact(session, actor, digest)
        known = Checksums(artifact.id, artifact.sha1, artifact.md5)
        checksums.verify(known)
        key, size_bytes = artifact.object_key, artifact.size_bytes
        if self._blobs.size_of(key) != size_bytes:
            raise send_the_bytes()  # damaged: an upload of the bytes heals it
        if unknown := checksums.given - known.given:  # a job has not got to them yet
            checksums.verify(measure(self._blobs, key, Throttle(None), extra=unknown))
        proposed = self._publication.proposed_version(spec, key, size_bytes)

        def work(tx: Transaction) -> Deposited:
            found = self._enter(tx.session, destination)
            earlier = self._publication.replayed(tx.session, actor, found, spec, digest)
            if earlier is not None:
                return earlier
            readable = readable_artifact(tx.session, actor, digest)
            readable.unreferenced_since = None
            adopted = Adopted(readable, is_new=False, surplus_key=None)
            return self._publication.publish(tx, actor, found, spec, adopted, proposed)

        return atomically(work)

    def _enter(self, session: Session, destination: Destination) -> FoundPackage:
        return self._packages.enter(
            session, destination.actor, destination.project, destination.package, Action.ARTIFACT_WRITE
        )


def readable_artifact(session: Session, actor: Actor, digest: str) -> Artifact:
    """Return the artifact if this credential may read it somewhere. Raises NotFound."""
    seen = artifact_queries.seen_reference(session, actor, digest)
    artifact = artifact_queries.artifact(session, digest) if seen is not None else None
    if artifact is None:
        raise send_the_bytes()
    return artifact


def send_the_bytes() -> NotFound:
    """Refuse a deposit without bytes, in the same words whatever the cause."""
    return NotFound("no such bytes that you may read; send them", send="bytes")
