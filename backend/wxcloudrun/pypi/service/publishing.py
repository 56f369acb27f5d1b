"""Publishing a file: what its form says is compared with its name, and both with what stands inside."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.formats.bounded import ScanLimit, UnreadablePackage
from wxcloudrun.formats.core_metadata import read_core_metadata
from wxcloudrun.formats.declarations import distribution_metadata
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, asking, reading
from wxcloudrun.kit.errors import ChecksumMismatch, Invalid, VersionTaken, WrongValue
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.pypi import queries
from wxcloudrun.pypi.rules import DistributionFile, canonical, normalised, parse_version
from wxcloudrun.pypi.service.listing import absent, written
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.seekable import open_seekable
from wxcloudrun.uploads.service.acceptance import (
    AcceptedUpload,
    UploadAcceptance,
    UploadSpec,
    empty_file,
)
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.versions.reads import NameSource
from wxcloudrun.versions.rules.names import check_version
from wxcloudrun.versions.service.facts import KeptFacts, distribution_facts, keep_facts
from wxcloudrun.versions.service.versions import NamedVersion, VersionService

CONTENT_TYPE = "application/octet-stream"
BLAKE2_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublishingClaim:
    """What somebody says that they publish: which file, and what digests it has."""

    file: DistributionFile
    name: str
    version: str
    checksums: Checksums
    blake2_256: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a file: the name and the version in it, and what is kept of it."""

    name: str
    version: str
    facts: KeptFacts


class PublishService:
    """Takes files of those who may write."""

    def __init__(
        self,
        *,
        packages: PackageService,
        versions: VersionService,
        intake: IntakeService,
        acceptance: UploadAcceptance,
        blobs: BlobStore,
    ) -> None:
        self._packages = packages
        self._versions = versions
        self._intake = intake
        self._acceptance = acceptance
        self._blobs = blobs

    def admit(self, actor: Actor, project: str, announced_bytes: int | None) -> None:
        """Return if so many bytes may be sent there; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden, TooLarge, StoreFull.
        """
        with asking() as reader:
            self._packages.admit_to_project(reader, actor, project, Action.ARTIFACT_WRITE)
        self._intake.admit(announced_bytes)

    def admit_claim(self, actor: Actor, project: str, claim: PublishingClaim) -> None:
        """Return if this file may still be published, as far as it can be known without its bytes.

        Raises what publishing it will raise.
        """
        with reading() as session, telling(claim.file):
            name = written(claim.name)
            found = self._packages.admit_to_make(session, actor, project, name, Action.ARTIFACT_WRITE)
            if found is not None:
                version = version_named(session, found, claim.version)
                self._versions.has(session, found, version, claim.file.filename, claim.checksums.sha256)

    @contextmanager
    def open(self, actor: Actor, project: str) -> Iterator["Publishing"]:
        """Open a publication, at whose end nothing remains that was not accepted."""
        with self._intake.open() as intake:
            yield Publishing(self, intake, actor, project)

    def read(self, intake: Intake, claim: PublishingClaim) -> Read:
        """Read what a stored file says of itself. Raises Invalid if it is no distribution.

        Of a large source distribution whose metadata stand behind more than is looked at, the name counts.
        """
        size_bytes = intake.measured.size_bytes
        try:
            with open_seekable(self._blobs, intake.key, size_bytes) as blob:
                metadata = distribution_metadata(claim.file.filename, blob, size_bytes)
            core = read_core_metadata(metadata)
        except ScanLimit:
            return Read(claim.name, claim.version, KeptFacts())
        except UnreadablePackage as problem:
            sentence = text("it cannot be read as a distribution: {problem}", problem=str(problem))
            raise Invalid.field("content", sentence) from problem
        return Read(core.name, core.version, distribution_facts(claim.file.filename, core, metadata))

    def write(
        self, tx: Transaction, intake: Intake, actor: Actor, project: str, claim: PublishingClaim, read: Read
    ) -> AcceptedUpload:
        """Write what a file becomes: an artifact, a file of a version, and what is kept of it."""
        caller, found = self._packages.enter_or_make_again(
            tx, actor, project, written(read.name), Action.ARTIFACT_WRITE
        )
        # Whoever else gives versions their names in this package waits here.
        if package_reads.package(tx.session, found.id) is None:
            raise absent(read.name)
        version = version_named(tx.session, found, read.version)
        spec = UploadSpec(claim.file.filename, CONTENT_TYPE, version=version)
        named = NamedVersion(version, NameSource.EXPLICIT)
        adopted = intake.adopt(tx)
        accepted = self._acceptance.accept(tx, caller, found, spec, adopted, named)
        file_id = version_reads.file_id(tx.session, found.id, version, claim.file.filename)
        keep_facts(tx, found.id, file_id, read.facts)
        return accepted


class Publishing:
    """One file on its way in: `take` its bytes, then `accept` them."""

    def __init__(self, service: PublishService, intake: Intake, actor: Actor, project: str) -> None:
        self._service = service
        self._intake = intake
        self._actor = actor
        self._project = project
        self._blake2 = hashlib.blake2b(digest_size=BLAKE2_BYTES)

    def take(self, blocks: Iterable[bytes], checksums: Checksums) -> None:
        """Stream the bytes into the store and measure them.

        Raises TooLarge, Interrupted, StoreUnavailable, ChecksumMismatch, Invalid for an empty file.
        """
        if self._intake.take(self._hashed(blocks), checksums).size_bytes == 0:
            raise empty_file()

    def accept(self, claim: PublishingClaim) -> AcceptedUpload:
        """Make the bytes that were taken a file of a version, if it is what was claimed.

        Raises ChecksumMismatch and Invalid for what it is not, Unauthorized, NotFound and Forbidden for a
        right that went meanwhile, FileTaken, VersionSealed.
        """
        self._refuse_other_digests(claim)
        read = self._service.read(self._intake, claim)
        refuse_contradiction(claim, read)
        with telling(claim.file):
            return self._intake.complete(
                lambda tx: self._service.write(tx, self._intake, self._actor, self._project, claim, read)
            )

    def _hashed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._blake2.update(block)
            yield block

    def _refuse_other_digests(self, claim: PublishingClaim) -> None:
        claim.checksums.verify(self._intake.measured)
        received = self._blake2.hexdigest()
        if claim.blake2_256 not in (None, received):
            raise ChecksumMismatch(
                text("the bytes do not have the {algorithm} that was announced", algorithm="BLAKE2_256"),
                algorithm="blake2_256",
                expected=claim.blake2_256,
                received=received,
            )


@contextmanager
def telling(file: DistributionFile) -> Iterator[None]:
    """Say of a name that is taken what people of this protocol look for."""
    try:
        yield
    except VersionSealed:
        raise
    except VersionTaken as taken:
        sentence = text("File already exists: other bytes hold {filename}", filename=file.filename)
        raise FileTaken(sentence, **taken.facts) from taken


def version_named(session: Session, found: FoundPackage, wanted: str) -> str:
    """Return what a version is called in that package: as its first file has said, deleted or not."""
    names = queries.names_of_versions(session, found.id)
    if wanted in names:
        return wanted
    same = canonical(wanted)
    return next((name for name in names if canonical(name) == same), wanted)


def refuse_contradiction(claim: PublishingClaim, read: Read) -> None:
    """Raise Invalid unless form, file name and metadata speak of one version of one project.

    What stands in the file is what installers see, so it is right and the others are not.
    """
    try:
        check_version(read.version)
        version = parse_version(read.version)
        claimed = parse_version(claim.version)
    except WrongValue as problem:
        raise Invalid.field("version", problem.message) from problem
    names = {claim.file.project, normalised(claim.name), normalised(read.name)}
    if len(names) > 1:
        sentence = text(
            "the file is of {inside}, its name says {named} and the form {claimed}",
            inside=read.name, named=claim.file.project, claimed=claim.name,
        )  # fmt: skip
        raise Invalid.field("name", sentence)
    if not claim.file.version == claimed == version:
        sentence = text(
            "the file is of version {inside}, its name says {named} and the form {claimed}",
            inside=read.version, named=str(claim.file.version), claimed=claim.version,
        )  # fmt: skip
        raise Invalid.field("version", sentence)
