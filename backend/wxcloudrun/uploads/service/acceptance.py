"""What every way in ends with: one transaction makes the tag, the version and the upload, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.artifacts.reads import ExtraDigests, Provenance
from wxcloudrun.artifacts.service.digests import BytesInPackage, DigestService
from wxcloudrun.artifacts.service.intake import Adopted
from wxcloudrun.formats.detect import declared_version, may_declare, version_in_filename
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, insert_at_once
from wxcloudrun.kit.errors import IdempotencyKeyReused, Invalid, VersionTaken
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.names import UNSAID
from wxcloudrun.kit.package_names import Format, is_of_format
from wxcloudrun.kit.remarks import Remark
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.seekable import open_seekable
from wxcloudrun.tags.service.pointing import ReceivedBytes
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.uploads import queries
from wxcloudrun.uploads.events import UPLOAD_ACCEPTED
from wxcloudrun.uploads.models import Upload
from wxcloudrun.uploads.rules import fingerprint, last_part
from wxcloudrun.versions.reads import NameSource
from wxcloudrun.versions.rules.schemes import scheme_of_file
from wxcloudrun.versions.service.claims import claim_of_file, judge_file
from wxcloudrun.versions.service.distributions import spelled_as_before
from wxcloudrun.versions.service.versions import NamedVersion, VersionService

type IsKeyTaken = Callable[[Session, int | None, str], bool]
"""Tells whether a user has sent an Idempotency-Key with something else than an upload."""


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Where the bytes of an upload lie in the store, and how many they are."""

    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class UploadSpec:
    """What an upload shall be called and what it shall make, apart from its bytes."""

    filename: str
    content_type: str
    tag: str | None = None
    version: str | None = None
    idempotency_key: str | None = None
    named_by: str = "file"  # the field that a refusal of the name speaks of


@dataclass(frozen=True, slots=True)
class AcceptedUpload:
    """An accepted upload as its caller may see it."""

    upload: Upload
    project: str
    package: str
    digests: ExtraDigests
    ref_count: int
    layout: Layout

    @property
    def remarks(self) -> Sequence[Remark]:
        """What a caller should know who is not shown the upload itself: why it has no version."""
        taken = self.upload.version_conflict
        if taken is not None:
            facts = {"version": taken}
            said = text("version {version} means other bytes; the file is there without a version", **facts)
            return [Remark("version_conflict", said, facts)]
        if self.upload.version is None and self.layout is Layout.FILES:
            return [Remark("no_version", text("nothing says a version; the file belongs to none"))]
        return []


class UploadAcceptance:
    """Accepts bytes whose artifact is in the database: makes their upload and what it names."""

    def __init__(
        self,
        *,
        versions: VersionService,
        tags: TagService,
        blobs: BlobStore,
        digests: DigestService,
        is_key_taken: IsKeyTaken,
    ) -> None:
        self._versions = versions
        self._tags = tags
        self._blobs = blobs
        self._digests = digests
        self._is_key_taken = is_key_taken

    def proposed_version(self, spec: UploadSpec, stored: StoredBytes, package: str) -> NamedVersion | None:
        """Return the version that the bytes shall have, None if nothing says anything.

        The explicit one, else what the package says about itself, else what its file name says; with what is
        kept of a file in a package of PyPI's or npm's format. It reads the stored object, so it must not be
        called within a transaction. Raises Invalid for a distribution or a tarball that does not belong into
        its package of PyPI's or npm's format.
        """
        claim = claim_of_file(package, spec.filename, spec.version, spec.named_by)
        if claim is not None:
            with open_seekable(self._blobs, stored.key, stored.size_bytes) as blob:
                judged = judge_file(claim, blob, stored.size_bytes)
            source = NameSource.METADATA if spec.version is None else NameSource.EXPLICIT
            return NamedVersion(judged.version, source, facts=judged.facts)
        if spec.version is not None:
            return NamedVersion(spec.version, NameSource.EXPLICIT)
        filename = last_part(spec.filename)
        if may_declare(filename):
            with open_seekable(self._blobs, stored.key, stored.size_bytes) as blob:
                declared = declared_version(filename, blob, stored.size_bytes)
            if declared is not None and declared not in UNSAID:
                return NamedVersion(declared, NameSource.METADATA, scheme_of_file(filename))
        named = version_in_filename(filename)
        return None if named is None else NamedVersion(named, NameSource.FILENAME)

    def refuse_tag(
        self, session: Session, actor: Actor, found: FoundPackage, spec: UploadSpec, digest: str | None
    ) -> None:
        """Raise Forbidden if the tag would certainly be moved and the credential may only upload."""
        if spec.tag is not None:
            self._tags.is_there(session, actor, found, spec.tag, digest=digest, version=spec.version)

    def replayed(
        self, session: Session, actor: Actor, found: FoundPackage, spec: UploadSpec, digest: str
    ) -> AcceptedUpload | None:
        """Return the upload that this very request has made before.

        Raises IdempotencyKeyReused if the key came with another request.
        """
        if spec.idempotency_key is None:
            return None
        earlier = queries.by_idempotency_key(session, actor.user_id, spec.idempotency_key)
        if earlier is None and not self._is_key_taken(session, actor.user_id, spec.idempotency_key):
            return None
        if earlier is None or earlier.fingerprint != request_fingerprint(found, spec, digest):
            raise IdempotencyKeyReused(
                text("this Idempotency-Key was used for another upload; take a new one")
            )
        return shown_again(session, actor, found, earlier)

    def receipt(
        self, session: Session, actor: Actor, found: FoundPackage, upload_id: int
    ) -> AcceptedUpload | None:
        """Return an upload that was made before as its uploader sees it, None if it is gone."""
        upload = session.get(Upload, upload_id)
        return None if upload is None else shown_again(session, actor, found, upload)

    def accept(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        spec: UploadSpec,
        adopted: Adopted,
        proposed: NamedVersion | None,
    ) -> AcceptedUpload:
        """Write the version, the tag and the upload.

        Raises VersionTaken if an explicit version means other bytes, or a detected one that a tag shall
        point at. Any other detected one that does so costs the upload only its version, and the answer
        says so. Raises Invalid if a tag needs a version and there is none, and for a path where a version has
        one file.
        """
        refuse_name(found, spec)
        artifact = adopted.artifact
        # Asked for bytes that nobody had, too: else its time would tell them from those that others have.
        told = artifact_reads.told(tx.connection, actor, adopted.beside or artifact.id)
        if adopted.beside is not None:
            told = artifact_reads.NOTHING_TOLD
        digests = self._digests.tell(tx, told, BytesInPackage(artifact.id, found.id), adopted.own)
        provenance = Provenance(spec.filename, spec.content_type, clock.now(), actor.user_id)
        received = ReceivedBytes(artifact.id, provenance)
        named, conflict = self._name(tx, actor, found, spec, proposed, received)
        if spec.tag is not None:
            self._tags.point(tx, actor, found, spec.tag, received, named.version if named else None)
        upload = Upload(
            package_id=found.id,
            digest=artifact.id,
            size_bytes=artifact.size_bytes,
            tag=spec.tag,
            version=named.version if named else None,
            version_source=named.source.value if named else None,
            version_conflict=conflict,
            deduplicated=told.is_seen,
            idempotency_key=spec.idempotency_key,
            fingerprint=request_fingerprint(found, spec, artifact.id),
        )
        is_bare = upload.is_bare
        upload.refer(artifact.id if is_bare else None, provenance)
        insert_at_once(tx, upload)
        announce(tx, actor, UPLOAD_ACCEPTED, found.subject("upload", upload.id), after=state_of(upload))
        if is_bare:  # nothing but the upload itself has begun to refer to the bytes
            ref_count = artifact_reads.with_one_more(told, actor)
        else:
            ref_count = artifact_reads.ref_count(tx.session, actor, artifact.id)
        return shown(found, upload, digests, ref_count)

    def _name(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        spec: UploadSpec,
        proposed: NamedVersion | None,
        received: ReceivedBytes,
    ) -> tuple[NamedVersion | None, str | None]:
        """Record the proposed version; return it, or the name of the conflict that a guess ran into."""
        if proposed is None:
            return None, None
        if is_of_format(found.name, Format.PYPI):
            proposed = spelled_as_before(tx, found, proposed)
        try:
            self._versions.record(tx, actor, found, proposed, received.artifact_id, received.provenance)
        except VersionTaken:
            tag_needs_it = spec.tag is not None and found.layout is Layout.FILES
            if proposed.source is NameSource.EXPLICIT or tag_needs_it:
                raise
            return None, proposed.version
        return proposed, None


def shown_again(session: Session, actor: Actor, found: FoundPackage, upload: Upload) -> AcceptedUpload:
    """Return an upload that was accepted before as its caller may see it now."""
    known = artifact_reads.shown_digests(session, upload.digest, found.id)
    return shown(found, upload, known, artifact_reads.ref_count(session, actor, upload.digest))


def shown(found: FoundPackage, upload: Upload, digests: ExtraDigests, ref_count: int) -> AcceptedUpload:
    """Return an upload with what stands beside it in an answer."""
    return AcceptedUpload(
        upload=upload,
        project=found.project,
        package=found.name,
        digests=digests,
        ref_count=ref_count,
        layout=found.layout,
    )


def state_of(upload: Upload) -> dict[str, str | int | None]:
    """Return what the audit log says about an upload."""
    return {
        "artifact_id": upload.digest,
        "size": upload.size_bytes,
        "original_name": upload.original_name,
        "tag": upload.tag,
        "version": upload.version,
    }


def request_fingerprint(found: FoundPackage, spec: UploadSpec, digest: str) -> str:
    """Return what makes two uploads the same request."""
    return fingerprint(found.id, spec.filename, spec.tag, spec.version, digest)


def refuse_name(found: FoundPackage, spec: UploadSpec) -> None:
    """Raise Invalid for a path in a package whose versions have one file, and for another package's."""
    if "/" in spec.filename and found.layout is Layout.SINGLE:
        raise Invalid.field(spec.named_by, text("must be a name, not a path"))
    claim_of_file(found.name, spec.filename, spec.version, spec.named_by)


def empty_file() -> Invalid:
    """Refuse a file without bytes."""
    return Invalid.field("file", text("missing or empty"))
