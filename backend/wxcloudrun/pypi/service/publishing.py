"""Publishing a file: what its form says is compared with its name, and both with what stands inside."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.formats.distributions import DistributionFile
from wxcloudrun.kit.checksums import NOTHING_SAID, Checksums
from wxcloudrun.kit.db import Transaction, asking, reading
from wxcloudrun.kit.errors import ChecksumMismatch, VersionTaken
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.pypi.service.listing import written
from wxcloudrun.stores.blobs.port import BLOCK_BYTES
from wxcloudrun.uploads.service.acceptance import (
    AcceptedUpload,
    UploadAcceptance,
    UploadSpec,
    empty_file,
)
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.versions.reads import NameSource
from wxcloudrun.versions.service.distributions import (
    DistributionClaim,
    read_distribution,
    spelled_as_before,
    version_named,
)
from wxcloudrun.versions.service.facts import JudgedFile, keep_facts
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


class PublishService:
    """Takes files of those who may write."""

    def __init__(
        self,
        *,
        packages: PackageService,
        versions: VersionService,
        intake: IntakeService,
        acceptance: UploadAcceptance,
    ) -> None:
        self._packages = packages
        self._versions = versions
        self._intake = intake
        self._acceptance = acceptance

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

    def read(self, intake: Intake, claim: PublishingClaim) -> JudgedFile:
        """Read what a stored file says of itself. Raises Invalid if it is not what is claimed."""
        said = DistributionClaim(claim.file, claim.name, claim.version, "content")
        with intake.reopened() as blob:
            return read_distribution(said, blob, intake.measured.size_bytes)

    def write(
        self,
        tx: Transaction,
        intake: Intake,
        actor: Actor,
        project: str,
        claim: PublishingClaim,
        read: JudgedFile,
    ) -> AcceptedUpload:
        """Write what a file becomes: an artifact, a file of a version, and what is kept of it."""
        caller, found = self._packages.enter_or_make_again(
            tx, actor, project, written(read.name), Action.ARTIFACT_WRITE
        )
        named = spelled_as_before(tx, found, NamedVersion(read.version, NameSource.EXPLICIT))
        spec = UploadSpec(claim.file.filename, CONTENT_TYPE, version=named.version)
        adopted = intake.adopt(tx)
        accepted = self._acceptance.accept(tx, caller, found, spec, adopted, named)
        file_id = version_reads.file_id(tx.session, found.id, named.version, claim.file.filename)
        keep_facts(tx, found.id, file_id, read.facts)
        return accepted


class Publishing:
    """One file on its way in: `take` its bytes, then `accept` them."""

    def __init__(self, service: PublishService, intake: Intake, actor: Actor, project: str) -> None:
        self._service = service
        self._intake = intake
        self._actor = actor
        self._project = project
        self._blake2: str | None = None

    def take(self, blocks: Iterable[bytes], claim: PublishingClaim | None) -> None:
        """Stream the bytes into the store and measure them.

        `claim` is what was said before the file, None where the fields come behind it.
        Raises TooLarge, Interrupted, StoreUnavailable, ChecksumMismatch, Invalid for an empty file.
        """
        checksums = NOTHING_SAID if claim is None else claim.checksums
        if claim is None or claim.blake2_256 is not None:
            blocks = self._hashed(blocks)
        if self._intake.take(blocks, checksums).size_bytes == 0:
            raise empty_file()

    def accept(self, claim: PublishingClaim) -> AcceptedUpload:
        """Make the bytes that were taken a file of a version, if it is what was claimed.

        Raises ChecksumMismatch and Invalid for what it is not, Unauthorized, NotFound and Forbidden for a
        right that went meanwhile, FileTaken, VersionSealed.
        """
        self._refuse_other_digests(claim)
        read = self._service.read(self._intake, claim)
        with telling(claim.file):
            return self._intake.complete(
                lambda tx: self._service.write(tx, self._intake, self._actor, self._project, claim, read)
            )

    def _hashed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        blake2 = hashlib.blake2b(digest_size=BLAKE2_BYTES)
        for block in blocks:
            blake2.update(block)
            yield block
        self._blake2 = blake2.hexdigest()

    def _received_blake2(self) -> str:
        """Return what was computed, or read the bytes again where the digest was only named behind them."""
        if self._blake2 is None:
            with self._intake.reopened() as blob:
                for _ in self._hashed(iter(partial(blob.read, BLOCK_BYTES), b"")):
                    pass
        return self._blake2 or ""

    def _refuse_other_digests(self, claim: PublishingClaim) -> None:
        claim.checksums.verify(self._intake.measured)
        if claim.blake2_256 is None:
            return
        received = self._received_blake2()
        if claim.blake2_256 != received:
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
        sentence = text(
            "File already exists: other bytes hold {filename}; use a new version", filename=file.filename
        )
        raise FileTaken(sentence, **taken.facts) from taken
