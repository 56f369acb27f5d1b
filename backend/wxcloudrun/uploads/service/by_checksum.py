"""Bytes in by naming them: a deposit without a body, of bytes that the credential may read already."""

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import queries as artifact_queries
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor, Scope
from wxcloudrun.kit.storage.port import BlobStore
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads.service.publication import Deposited, DepositSpec, Publication


class ChecksumDepositService:
    """Deposits what is there already.

    Whether bytes exist that the caller may not read is never told: an unknown digest and an invisible
    one take the same path to the same answer.
    """

    def __init__(self, *, packages: PackageService, publication: Publication, blobs: BlobStore) -> None:
        self._packages = packages
        self._publication = publication
        self._blobs = blobs

    def deposit(self, actor: Actor, project: str, package: str, digest: str, spec: DepositSpec) -> Deposited:
        """Deposit the bytes with this SHA-256.

        Raises NotFound if the caller has to send them, else what a deposit raises.
        """
        with reading() as session:
            self._packages.enter(session, actor, project, package, Action.ARTIFACT_WRITE)
            artifact = readable_artifact(session, actor, digest)
        key, size_bytes = artifact.object_key, artifact.size_bytes
        if self._blobs.size_of(key) != size_bytes:
            raise send_the_bytes()  # damaged: an upload of the bytes heals it
        proposed = self._publication.proposed_version(spec, key, size_bytes)

        def work(tx: Transaction) -> Deposited:
            found = self._packages.enter(tx.session, actor, project, package, Action.ARTIFACT_WRITE)
            earlier = self._publication.replayed(tx.session, actor, found, spec, digest)
            if earlier is not None:
                return earlier
            readable = readable_artifact(tx.session, actor, digest)
            return self._publication.publish(tx, actor, found, spec, readable, proposed)

        return atomically(work)


def readable_artifact(session: Session, actor: Actor, digest: str) -> Artifact:
    """Return the artifact if this credential may read it somewhere. Raises NotFound."""
    may_read = (
        Scope.READ in actor.scopes and artifact_queries.seen_reference(session, actor, digest) is not None
    )
    artifact = artifact_queries.artifact(session, digest) if may_read else None
    if artifact is None:
        raise send_the_bytes()
    return artifact


def send_the_bytes() -> NotFound:
    """Refuse a deposit without bytes, in the same words whatever the cause."""
    return NotFound("no such bytes that you may read; send them", send="bytes")
