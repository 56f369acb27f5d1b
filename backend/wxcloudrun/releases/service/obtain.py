"""Obtaining the bytes of a release: from its source into the store, then one transaction for all rows.

Whoever is killed on the way leaves a job whose lease runs out and an object that no row names: another
worker does the job again, and the sweeper takes the object.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Provenance
from wxcloudrun.artifacts.service.intake import Intake, IntakeService
from wxcloudrun.jobs.errors import JobFailed, JobPutOff
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import ChecksumMismatch, Forbidden, NotFound, TooLarge, Unauthorized, VersionTaken
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.security import SYSTEM, Action
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.releases import queries
from wxcloudrun.releases.errors import NotObtained, NotThisTime
from wxcloudrun.releases.events import RELEASE_FAILED
from wxcloudrun.releases.gateway.port import SourceGateway, Wanted, Watch
from wxcloudrun.releases.rules.assignments import Assignment
from wxcloudrun.releases.rules.sources import read
from wxcloudrun.releases.service.notebook import Notebook
from wxcloudrun.uploads.rules import is_file_name, settled_content_type
from wxcloudrun.versions.reads import NameSource, Status, Version
from wxcloudrun.versions.service.versions import NamedVersion, VersionService

RIGHT_LOST = "whoever has asked for it may not publish here any more: their key, account or role has gone"


@dataclass(frozen=True, slots=True)
class ObtainedFacts:
    """What the bytes of a release are called."""

    filename: str
    content_type: str


class ObtainService:
    """Does the jobs that releases with a source put down."""

    def __init__(
        self,
        *,
        packages: PackageService,
        intake: IntakeService,
        versions: VersionService,
        gateways: Mapping[str, SourceGateway],
    ) -> None:
        self._packages = packages
        self._intake = intake
        self._versions = versions
        self._gateways = gateways

    def run(self, context: JobContext, assignment: Assignment) -> None:
        """Obtain the bytes of a release and give them to it; cancel the job if they are not wanted any more.

        Raises JobFailed, or JobPutOff if another attempt may succeed.
        """
        try:
            with reading() as session:
                wanted = self._wanted(session, assignment)
        except NotObtained as error:
            raise JobFailed(str(error)) from error
        if wanted is None:
            atomically(lambda tx: cancel(tx, context, assignment, "not wanted any more"))
            return
        notebook = Notebook(context, assignment)
        try:
            with self._intake.open() as intake:
                file = self._receive(intake, wanted, notebook)
                intake.complete(lambda tx: self._write(tx, context, assignment, intake, file, notebook))
        except (NotObtained, NotThisTime, VersionTaken) as error:
            notebook.log.say(str(error))
            notebook.keep()
            if isinstance(error, NotThisTime) and not context.is_last_attempt:
                raise JobPutOff(str(error)) from error
            raise JobFailed(str(error)) from error

    def give_up(self, tx: Transaction, assignment: Assignment, message: str) -> None:
        """Let the release have failed, in the transaction in which its job does.

        One that was filled or deleted in the meantime is left alone.
        """
        found = assigned(tx.session, assignment)
        if found is None or found.row.status != Status.CREATED.value:
            return
        row = found.row
        row.fail(message)
        what = found.package.subject("version", row.version)
        announce(tx, SYSTEM, RELEASE_FAILED, what, after={"error": row.error})

    def _wanted(self, session: Session, assignment: Assignment) -> Wanted | None:
        """Return what to obtain, None if nobody wants it. Raises NotObtained if nobody may any more."""
        view = queries.view(session, assignment.release_id)
        if view is None or not assignment.means(view) or view.status != Status.CREATED.value:
            return None
        found = queries.place(session, assignment.release_id, None)
        if found is not None:
            self._refuse_lost_right(session, assignment, found)
        source = read(view.source)
        return None if source is None else Wanted(view.name, view.version, source)

    def _refuse_lost_right(self, session: Session, assignment: Assignment, package: FoundPackage) -> None:
        """Raise NotObtained if whoever has asked for the bytes may not publish there any more."""
        try:
            self._packages.require_orderer(session, assignment.order, package, Action.RELEASE_CREATE)
        except (Unauthorized, NotFound, Forbidden) as error:
            raise NotObtained(RIGHT_LOST) from error

    def _receive(self, intake: Intake, wanted: Wanted, notebook: Notebook) -> ObtainedFacts:
        """Stream the bytes into the store. Raises NotObtained, NotThisTime."""
        gateway = self._gateways[wanted.source.type]
        with gateway.obtain(wanted, Watch(notebook.log, notebook.look)) as material:
            try:
                self._intake.admit(material.announced_bytes)
                measured = intake.take(material.blocks, Checksums(sha256=material.sha256))
            except TooLarge as error:
                raise NotObtained(error.message) from error
            except ChecksumMismatch as error:
                raise NotObtained(other_bytes(error)) from error
        if measured.size_bytes == 0:
            raise NotObtained("the source gave an empty file")
        notebook.log.say(f"received {measured.size_bytes} bytes with the SHA-256 {measured.sha256}")
        name = material.filename
        if not is_file_name(name):
            name = f"{wanted.name}-{wanted.version}"
        return ObtainedFacts(name, settled_content_type(material.content_type, name))

    def _write(
        self,
        tx: Transaction,
        context: JobContext,
        assignment: Assignment,
        intake: Intake,
        file: ObtainedFacts,
        notebook: Notebook,
    ) -> None:
        """Give the bytes to the release and end the job, or neither.

        Raises LeaseLost, VersionTaken, NotObtained.
        """
        context.hold(tx)
        found = assigned(tx.session, assignment)
        if found is None:
            intake.renounce(tx)
            cancel(tx, context, assignment, "deleted in the meantime")
            return
        self._refuse_lost_right(tx.session, assignment, found.package)
        adopted = intake.adopt(tx)
        self._intake.tell_project(tx, found.package.access.project_id, found.package.id, adopted)
        named = NamedVersion(found.row.version, NameSource.EXPLICIT)
        provenance = Provenance(file.filename, file.content_type, clock.now(), found.row.created_by)
        self._versions.record(tx, SYSTEM, found.package, named, adopted.artifact.id, provenance)
        notebook.keep_within(tx)
        context.finish(tx, {"release_id": assignment.release_id, "artifact_id": adopted.artifact.id})


@dataclass(frozen=True, slots=True)
class AssignedRelease:
    """The row of the release that a job is about, locked, and the package that it is in."""

    row: Version
    package: FoundPackage


def assigned(session: Session, assignment: Assignment) -> AssignedRelease | None:
    """Return the release that a job was made for, None if it is gone, whatever has its id now."""
    found = queries.place(session, assignment.release_id, None)
    row = queries.release(session, assignment.release_id)
    if found is None or row is None or not assignment.means(row):
        return None
    return AssignedRelease(row, found)


def cancel(tx: Transaction, context: JobContext, assignment: Assignment, outcome: str) -> None:
    """Let a job have ended without its effect."""
    context.cancel(tx, {"release_id": assignment.release_id, "outcome": outcome})


def other_bytes(error: ChecksumMismatch) -> str:
    """Say that the source gave other bytes than were asked for."""
    received, expected = error.facts["received"], error.facts["expected"]
    return f"the bytes have the SHA-256 {received}, not the one that was asked for, {expected}"
