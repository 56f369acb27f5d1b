"""The job: each file that fits is also referred to by the package of the other format; no byte is copied.

A file is looked at without a transaction and given its place in one of its own, so whoever takes the job
over, or asks for it again, finds what is adopted already and goes on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from wxcloudrun.adoption import queries
from wxcloudrun.adoption.events import ADOPTION_FINISHED
from wxcloudrun.adoption.queries import Holding
from wxcloudrun.adoption.rules import (
    LeftOut,
    Report,
    Spot,
    refuse_ending,
    spot_of_distribution,
    spot_of_npm_package,
)
from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.artifacts.reads import Provenance
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.formats.bounded import UnreadablePackage
from wxcloudrun.formats.content_types import UNKNOWN_TYPE
from wxcloudrun.formats.core_metadata import read_core_metadata
from wxcloudrun.formats.declarations import Declaration, distribution_metadata
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, NotFound, Unauthorized, VersionTaken
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.package_names import Format, PackageName, is_of_format
from wxcloudrun.kit.security import SYSTEM, Action, OrderedBy
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore, StoreUnavailable
from wxcloudrun.stores.blobs.seekable import open_seekable
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.events import VERSION_CHANGED
from wxcloudrun.versions.reads import NameSource, Version
from wxcloudrun.versions.service.distributions import version_named
from wxcloudrun.versions.service.facts import KeptFacts, distribution_facts, keep_facts, read_npm_facts
from wxcloudrun.versions.service.versions import NamedVersion, VersionChange, VersionService, apply_change

RIGHT_LOST = "whoever has asked for it may not write here any more: their key, account or role has gone"


@dataclass(frozen=True, slots=True)
class AdoptionOrder:
    """Which package is adopted into which; `path` is how the audit log calls the first."""

    source_id: int
    target_id: int
    path: str
    order: OrderedBy | None = None

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Read the arguments of a job."""
        places = (arguments["source_id"], arguments["target_id"], arguments["path"])
        return cls(*places, OrderedBy.read(arguments))


@dataclass(frozen=True, slots=True)
class Adoptable:
    """Bytes, where they belong, and what they say of themselves."""

    held: Holding
    spot: Spot
    facts: KeptFacts | None


class PackageGone(Exception):
    """A package was deleted, and with it the wish to have it adopted."""


class AdoptService:
    """Does the jobs that adoptions are."""

    def __init__(
        self, *, packages: PackageService, blobs: BlobStore, intake: IntakeService, versions: VersionService
    ) -> None:
        self._packages = packages
        self._blobs = blobs
        self._intake = intake
        self._versions = versions

    def run(self, context: JobContext, order: AdoptionOrder) -> None:
        """Adopt what fits, and report what does not.

        Raises LeaseLost, JobFailed if whoever has asked for it has lost the right, and what the store raises.
        """
        report = Report()
        try:
            for held in all_holdings(order.source_id):
                context.check()
                self._adopt(context, order, held, report)
            target = there(order.target_id)
        except PackageGone:
            atomically(lambda tx: context.cancel(tx, {"outcome": "deleted in the meantime"}))
            return

        def finish(tx: Transaction) -> None:
            after = {"package": target.name, **report.counts()}
            announce(tx, SYSTEM, ADOPTION_FINISHED, Subject(order.path, order.source_id), after=after)
            context.finish(tx, {"package": target.name, **report.whole()})

        atomically(finish)

    def _adopt(self, context: JobContext, order: AdoptionOrder, held: Holding, report: Report) -> None:
        target = there(order.target_id)
        filename = (held.filename or "").rpartition("/")[2]
        try:
            spot, facts = self._spot(PackageName.parse(target.name), held, filename)
            is_new = atomically(lambda tx: self._place(tx, context, order, Adoptable(held, spot, facts)))
        except (LeftOut, VersionTaken) as problem:
            why = problem if isinstance(problem, LeftOut) else LeftOut(problem.reason, str(problem))
            report.leave_out(held.filename or "", held.artifact_id, why)
            return
        report.adopted += is_new
        report.present += not is_new

    def _refuse_lost_right(self, session: Session, order: AdoptionOrder, target: FoundPackage) -> None:
        """Raise JobFailed if whoever has asked for it may not write there any more."""
        try:
            self._packages.require_orderer(session, order.order, target, Action.ARTIFACT_WRITE)
        except (Unauthorized, NotFound, Forbidden) as error:
            raise JobFailed(RIGHT_LOST) from error

    def _spot(self, target: PackageName, held: Holding, filename: str) -> tuple[Spot, KeptFacts | None]:
        """Read a stored file; return where it belongs, and what it says of itself. Raises LeftOut."""
        refuse_ending(target.format, filename)
        try:
            with open_seekable(self._blobs, held.object_key, held.size_bytes) as blob:
                if target.format is Format.NPM:
                    manifest, facts = read_npm_facts(blob, held.size_bytes)
                    declared = Declaration(manifest.name, manifest.version)
                    return spot_of_npm_package(target, declared), facts
                metadata = distribution_metadata(filename, blob, held.size_bytes)
            core = read_core_metadata(metadata)
        except UnreadablePackage as problem:
            raise LeftOut("unreadable", f"it cannot be read as a package: {problem}") from problem
        except StoreUnavailable:
            if self._blobs.size_of(held.object_key) is not None:
                raise
            # One lost object must not keep all others out, however often the job is tried again.
            raise LeftOut("gone", "the store does not have its bytes any more") from None
        declared = Declaration(core.name, core.version)
        facts = distribution_facts(filename, core, metadata)
        return spot_of_distribution(target, filename, declared), facts

    def _place(self, tx: Transaction, context: JobContext, order: AdoptionOrder, what: Adoptable) -> bool:
        """Refer to the bytes from the other package; False if it does already.

        Raises LeftOut if they have just gone, VersionTaken, PackageGone, LeaseLost, JobFailed.
        """
        context.hold(tx)
        held, spot = what.held, what.spot
        # Whoever else gives versions their canonical names in this package waits here.
        if package_reads.package(tx.session, order.target_id) is None:
            raise PackageGone
        found = package_reads.place_of(tx.session, order.target_id, None)
        if found is None:
            raise PackageGone
        self._refuse_lost_right(tx.session, order, found)
        artifact = artifact_reads.artifact(tx.connection, held.artifact_id)
        if artifact is None:
            raise LeftOut("gone", "it was deleted in the meantime")
        adopted = self._intake.adopt_held(tx, artifact)
        self._intake.tell_project(tx, found.access.project_id, found.id, adopted)
        version = spot.version
        if is_of_format(found.name, Format.PYPI):
            version = version_named(tx.session, found, version)
        row = version_reads.version(tx.session, found.id, version)
        before = 0 if row is None else row.files_count
        named = NamedVersion(version, NameSource.METADATA)
        self._versions.record(tx, SYSTEM, found, named, artifact.id, provenance_of(held, spot))
        if what.facts is not None:
            file_id = version_reads.file_id(tx.session, found.id, version, spot.filename)
            keep_facts(tx, found.id, file_id, what.facts)
        made = version_reads.version(tx.session, found.id, version)
        if made is None or made.files_count == before:
            return False
        if row is None and held.is_file:
            repeat_standing(tx, found, held, made)
        return True


def provenance_of(held: Holding, spot: Spot) -> Provenance:
    """Return the provenance of the bytes, under the name that they have now."""
    moment = held.deposited_at or clock.now()
    return Provenance(spot.filename, held.content_type or UNKNOWN_TYPE, moment, held.deposited_by)


def repeat_standing(tx: Transaction, found: FoundPackage, held: Holding, made: Version) -> None:
    """Yank and deprecate a new version as that is from which its first file comes."""
    said = version_reads.standing_of(tx.session, held.id)
    if said is None:
        return
    yanked = None if said.yank is None else said.yank.reason
    _, after = apply_change(tx.session, made, VersionChange(yanked=yanked, deprecated=said.deprecated))
    if after:
        announce(tx, SYSTEM, VERSION_CHANGED, found.subject("version", made.version), after=after)


def all_holdings(package_id: int) -> Iterator[Holding]:
    """Yield what a package holds, each name and bytes once. Nothing is open between two reads."""
    seen: set[tuple[str | None, str]] = set()
    for table in queries.holding_tables():
        after = 0
        while True:
            with reading() as session:
                some = queries.holdings(session, table, package_id, after)
            if not some:
                break
            after = some[-1].id
            for held in some:
                key = (held.filename, held.artifact_id)
                if key not in seen:
                    seen.add(key)
                    yield held


def there(package_id: int) -> FoundPackage:
    """Return where a package is. Raises PackageGone."""
    with reading() as session:
        found = package_reads.place_of(session, package_id, None)
    if found is None:
        raise PackageGone
    return found
