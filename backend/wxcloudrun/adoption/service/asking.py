"""What people do about adoption: ask for it, and see what became of it."""

from wxcloudrun.adoption.events import ADOPTION_STARTED
from wxcloudrun.jobs import reads as job_reads
from wxcloudrun.jobs.reads import JobView
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Invalid, NotFound, WrongValue
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.package_names import Format, PackageName
from wxcloudrun.kit.security import Action, Actor, OrderedBy
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService

JOB_KIND = "adopt"


class AdoptionService:
    """Puts adoptions down as jobs, for whoever may write in both packages."""

    def __init__(self, *, packages: PackageService, jobs: JobQueue) -> None:
        self._packages = packages
        self._jobs = jobs

    def ask(self, actor: Actor, project: str, package: str, wanted: Format, name: str | None) -> JobView:
        """Put the adoption of a generic package down; its report will be the job's result.

        The package of the other format is made at once if it is new: `name`, in the words of its format,
        or else what the generic one is called. Raises NotFound, Forbidden, Invalid, QuotaReached,
        TooManyJobs, or Conflict for a package that is not generic.
        """

        def work(tx: Transaction) -> int:
            found = self._packages.enter(tx.session, actor, project, package, Action.ARTIFACT_WRITE)
            target = self._target(tx, actor, found, wanted, name)
            arguments: dict[str, JsonValue] = {
                "source_id": found.id,
                "target_id": target.id,
                "path": found.path,
            }
            order = OrderedBy.of(actor)
            if order is not None:
                arguments |= order.arguments()
            job_id = self._jobs.ask(tx, JOB_KIND, arguments, actor=actor)
            announce(
                tx, actor, ADOPTION_STARTED, found.subject(), after={"package": target.name, "job": job_id}
            )
            return job_id

        return self.show(actor, project, package, atomically(work))

    def show(self, actor: Actor, project: str, package: str, job_id: int) -> JobView:
        """Show how an adoption of this package stands. Raises NotFound, Forbidden."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_WRITE)
            job = job_reads.job(session, job_id)
        if job is None or job.kind != JOB_KIND or job.arguments["source_id"] != found.id:
            raise no_such_adoption()
        return job

    def _target(
        self, tx: Transaction, actor: Actor, found: FoundPackage, wanted: Format, name: str | None
    ) -> FoundPackage:
        if PackageName.parse(found.name).format is not Format.GENERIC:
            raise Conflict(text("only a generic package is adopted; {name} is none", name=found.name))
        try:
            target = PackageName.native(wanted, found.name if name is None else name)
        except WrongValue as problem:
            raise Invalid.field("name", problem.message) from problem
        named = target.written_as_given
        return self._packages.enter_or_make(tx, actor, found.project, named, Action.ARTIFACT_WRITE)


def no_such_adoption() -> NotFound:
    """Refuse the number of a job that is none of this package."""
    return NotFound(text("there is no such adoption of this package"))
