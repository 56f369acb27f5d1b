"""What every way in ends with: one transaction makes the tag, the version and the deposit, or none."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import queries as artifact_queries
from wxcloudrun.artifacts.models import Provenance
from wxcloudrun.artifacts.service.content import Adopted
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, insert_at_once
from wxcloudrun.kit.errors import IdempotencyKeyReused, Invalid, VersionTaken
from wxcloudrun.kit.package_formats.detect import declared_version, may_declare, version_in_filename
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.storage.port import BlobStore
from wxcloudrun.kit.storage.seekable import open_seekable
from wxcloudrun.packages.service import FoundPackage
from wxcloudrun.tags.service import TagService
from wxcloudrun.uploads import queries
from wxcloudrun.uploads.models import Upload
from wxcloudrun.uploads.queries import Digests
from wxcloudrun.uploads.rules import fingerprint
from wxcloudrun.versions.models import Source
from wxcloudrun.versions.service import NamedVersion, VersionService


@dataclass(frozen=True, slots=True)
class DepositSpec:
    """What a deposit shall be called and what it shall make, apart from its bytes."""

    filename: str
    content_type: str
    tag: str | None = None
    version: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Deposited:
    """An accepted deposit as its caller may see it."""

    upload: Upload
    project: str
    package: str
    digests: Digests
    ref_count: int


class Publication:
    """Turns an artifact that is in the database into a deposit with a name."""

    def __init__(self, *, versions: VersionService, tags: TagService, blobs: BlobStore) -> None:
        self._versions = versions
        self._tags = tags
        self._blobs = blobs

    def proposed_version(self, spec: DepositSpec, key: str, size_bytes: int) -> NamedVersion | None:
        """Return the version that the bytes shall have, None if nothing says anything.

        The explicit one, else what the package says about itself, else what its file name says.
        It reads the stored object, so it must not be called within a transaction.
        """
        if spec.version is not None:
            return NamedVersion(spec.version, Source.EXPLICIT)
        if may_declare(spec.filename):
            with open_seekable(self._blobs, key, size_bytes) as blob:
                declared = declared_version(spec.filename, blob, size_bytes)
            if declared is not None:
                return NamedVersion(declared, Source.METADATA)
        named = version_in_filename(spec.filename)
        return None if named is None else NamedVersion(named, Source.FILENAME)

    def replayed(
        self, session: Session, actor: Actor, found: FoundPackage, spec: DepositSpec, digest: str
    ) -> Deposited | None:
        """Return the deposit that this very request has made before.

        Raises IdempotencyKeyReused if the key came with another request.
        """
        if spec.idempotency_key is None:
            return None
        earlier = queries.by_idempotency_key(session, actor.user_id, spec.idempotency_key)
        if earlier is None:
            return None
        if earlier.fingerprint != request_fingerprint(found, spec, digest):
            raise IdempotencyKeyReused("this Idempotency-Key was used for another upload; take a new one")
        known = queries.digests(session, earlier.digest)
        return self._shown(session, actor, found, earlier, known)

    def publish(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        spec: DepositSpec,
        adopted: Adopted,
        proposed: NamedVersion | None,
    ) -> Deposited:
        """Write the version, the tag and the deposit.

        Raises VersionTaken if an explicit version means other bytes. A detected one that does so costs
        the deposit only its version, and the answer says so.
        """
        artifact = adopted.artifact
        # Nothing can refer to what was not there a moment ago, so nobody is asked.
        seen_before = not adopted.is_new and artifact_queries.ref_count(tx.session, actor, artifact.id) > 0
        provenance = Provenance(spec.filename, spec.content_type, clock.now(), actor.user_id)
        named, conflict = self._name(tx, actor, found, proposed, artifact.id, provenance)
        if spec.tag is not None:
            self._tags.point(tx, actor, found, spec.tag, artifact.id, provenance)
        upload = Upload(
            package_id=found.id,
            digest=artifact.id,
            size_bytes=artifact.size_bytes,
            tag=spec.tag,
            version=named.version if named else None,
            version_source=named.source.value if named else None,
            version_conflict=conflict,
            deduplicated=seen_before,
            idempotency_key=spec.idempotency_key,
            fingerprint=request_fingerprint(found, spec, artifact.id),
        )
        upload.refer(artifact.id if upload.is_bare else None, provenance)
        insert_at_once(tx, upload)
        record(tx, actor, "upload.accepted", f"{found.path}/upload/{upload.id}", after=state_of(upload))
        return self._shown(tx.session, actor, found, upload, Digests(artifact.md5, artifact.sha1))

    def _name(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        proposed: NamedVersion | None,
        digest: str,
        provenance: Provenance,
    ) -> tuple[NamedVersion | None, str | None]:
        """Record the proposed version; return it, or the name of the conflict that a guess ran into."""
        if proposed is None:
            return None, None
        try:
            self._versions.record(tx, actor, found, proposed, digest, provenance)
        except VersionTaken:
            if proposed.source is Source.EXPLICIT:
                raise
            return None, proposed.version
        return proposed, None

    def _shown(
        self, session: Session, actor: Actor, found: FoundPackage, upload: Upload, digests: Digests
    ) -> Deposited:
        return Deposited(
            upload=upload,
            project=found.project,
            package=found.name,
            digests=digests,
            ref_count=artifact_queries.ref_count(session, actor, upload.digest),
        )


def state_of(upload: Upload) -> dict[str, str | int | None]:
    """Return what the audit log says about a deposit."""
    return {
        "artifact_id": upload.digest,
        "size": upload.size_bytes,
        "original_name": upload.original_name,
        "tag": upload.tag,
        "version": upload.version,
    }


def request_fingerprint(found: FoundPackage, spec: DepositSpec, digest: str) -> str:
    """Return what makes two uploads the same request."""
    return fingerprint(found.id, spec.filename, spec.tag, spec.version, digest)


def empty_file() -> Invalid:
    """Refuse a file without bytes."""
    return Invalid.field("file", "missing or empty")
