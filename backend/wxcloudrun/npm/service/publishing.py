"""Publishing a version: its tarball, its tags and its documents, in one transaction."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.formats.bounded import UnreadablePackage
from wxcloudrun.formats.npm_manifest import NpmManifest, TarballDigests
from wxcloudrun.kit.db import Transaction, asking
from wxcloudrun.kit.errors import VersionTaken
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm import queries
from wxcloudrun.npm.rules import LATEST, TARBALL_TYPE, written
from wxcloudrun.npm.service.claims import NpmClaim, refuse_other_bytes
from wxcloudrun.npm.service.reading import absent
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.uploads.service.acceptance import UploadAcceptance, UploadSpec, empty_file
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.versions.reads import NameSource
from wxcloudrun.versions.service.facts import KeptFacts, keep_facts, npm_facts
from wxcloudrun.versions.service.tarballs import TarballClaim, manifest_in, unreadable_tarball
from wxcloudrun.versions.service.versions import NamedVersion, VersionService

ATTACHMENTS = "_attachments"  # where a document has its tarball, as refusals name it


class NpmPublishService:
    """Takes tarballs of those who may write."""

    def __init__(
        self,
        *,
        packages: PackageService,
        versions: VersionService,
        tags: TagService,
        intake: IntakeService,
        acceptance: UploadAcceptance,
        blobs: BlobStore,
    ) -> None:
        self._packages = packages
        self._versions = versions
        self._tags = tags
        self._intake = intake
        self._acceptance = acceptance
        self._blobs = blobs

    def admit(self, actor: Actor, project: str, name: str, announced_bytes: int | None) -> None:
        """Return if so many bytes may be sent there; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden, TooLarge, StoreFull.
        """
        with asking() as reader:
            self._packages.admit_to_make(reader, actor, project, written(name), Action.ARTIFACT_WRITE)
        self._intake.admit(announced_bytes)

    @contextmanager
    def open(self, actor: Actor, project: str) -> Iterator["NpmPublication"]:
        """Open a publication, at whose end nothing remains that was not accepted."""
        with self._intake.open() as intake:
            yield NpmPublication(self, intake, actor, project)

    def read(self, intake: Intake, claim: NpmClaim) -> NpmManifest:
        """Read the package.json of a stored tarball. Raises Invalid if it is not what is claimed."""
        said = TarballClaim(claim.name, claim.version, ATTACHMENTS)
        with intake.reopened() as blob:
            return manifest_in(said, blob, intake.measured.size_bytes)

    def write(
        self, tx: Transaction, intake: Intake, actor: Actor, project: str, claim: NpmClaim, facts: KeptFacts
    ) -> str:
        """Write what a tarball becomes, and return the revision of its package.

        The tags of a publication are moved by the first one of these bytes; whoever sends them again, because
        they have heard nothing, moves none that somebody may have moved since.
        """
        caller, found = self._packages.enter_or_make_again(
            tx, actor, project, written(claim.name), Action.ARTIFACT_WRITE
        )
        # Whoever else publishes in this package waits here.
        if package_reads.package(tx.session, found.id) is None:
            raise absent(claim.name)
        filename, version = claim.filename, claim.version
        is_again = self._versions.has(tx.session, found, version, filename, intake.measured.sha256)
        spec = UploadSpec(filename, TARBALL_TYPE, version=version)
        named = NamedVersion(version, NameSource.EXPLICIT)
        self._acceptance.accept(tx, caller, found, spec, intake.adopt(tx), named)
        keep_facts(tx, found.id, version_reads.file_id(tx.session, found.id, version, filename), facts)
        there = queries.dist_tags(tx.session, found.id)
        for tag in sorted(claim.tags | ({LATEST} - set(there))):
            if not (is_again and tag in there):
                self._tags.point_at_version(tx, caller, found, tag, version)
        return queries.revision_of(tx.session, found.id)


class NpmPublication:
    """One tarball on its way in: `take` its bytes, then `accept` them."""

    def __init__(self, service: NpmPublishService, intake: Intake, actor: Actor, project: str) -> None:
        self._service = service
        self._intake = intake
        self._actor = actor
        self._project = project
        self._sha512 = hashlib.sha512()
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def take(self, blocks: Iterable[bytes]) -> None:
        """Stream the bytes into the store and measure them.

        Raises TooLarge, Interrupted, Malformed, StoreUnavailable, Invalid for an empty file.
        """
        if self._intake.take(self._hashed(blocks)).size_bytes == 0:
            raise empty_file()

    def accept(self, claim: NpmClaim) -> str:
        """Make the bytes that were taken a version, if they are what was claimed; return the new revision.

        Raises ChecksumMismatch and Invalid for what they are not, Unauthorized, NotFound and Forbidden for a
        right that went meanwhile, FileTaken, VersionSealed, QuotaReached.
        """
        measured = self._intake.measured
        digests = TarballDigests(self._sha512.digest(), self._sha1.hexdigest())
        refuse_other_bytes(claim, measured.size_bytes, digests, measured.sha256)
        manifest = self._service.read(self._intake, claim)
        try:
            facts = npm_facts(manifest, digests, claim.said, claim.readme)
        except UnreadablePackage as problem:
            raise unreadable_tarball(ATTACHMENTS, problem) from problem
        with telling_npm(claim):
            return self._intake.complete(
                lambda tx: self._service.write(tx, self._intake, self._actor, self._project, claim, facts)
            )

    def _hashed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._sha512.update(block)
            self._sha1.update(block)
            yield block


@contextmanager
def telling_npm(claim: NpmClaim) -> Iterator[None]:
    """Say of a version that is taken what people of this protocol look for."""
    try:
        yield
    except VersionSealed:
        raise
    except VersionTaken as taken:
        sentence = text(
            "you cannot publish over {name}@{version}: it has, or had, other bytes; use a new version",
            name=claim.name, version=claim.version,
        )  # fmt: skip
        raise FileTaken(sentence, **taken.facts) from taken
