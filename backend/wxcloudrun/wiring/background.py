"""What works in the background; it stands on all the others. How each kind of job is done, in one table."""

from dataclasses import dataclass
from functools import partial

from wxcloudrun.adoption.service.asking import JOB_KIND as ADOPT
from wxcloudrun.adoption.tasks import AdoptionTasks
from wxcloudrun.artifacts.service.digests import JOB_KIND as DIGESTS
from wxcloudrun.artifacts.tasks import ArtifactTasks
from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import JOB_KIND as ERASE
from wxcloudrun.erasure.tasks import ErasureTasks
from wxcloudrun.jobs.service.administration import JobAdministrationService
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.periodic import PeriodicService, TaskKind
from wxcloudrun.jobs.service.recovery import RecoveryService
from wxcloudrun.jobs.service.statistics import JobStatistics
from wxcloudrun.jobs.service.work import Shares, WorkService
from wxcloudrun.kit.db import on_this_database
from wxcloudrun.mails.service.sending import NOTICE_JOB, TOKEN_JOB
from wxcloudrun.mails.tasks import MailTasks
from wxcloudrun.maintenance.tasks import MaintenanceTasks
from wxcloudrun.releases.service.lifecycle import OBTAIN
from wxcloudrun.releases.tasks import ReleaseTasks
from wxcloudrun.stores.queue.background import Background
from wxcloudrun.stores.queue.duties import Duties
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.wiring.foundation import FoundationServices
from wxcloudrun.wiring.logins import LoginServices
from wxcloudrun.wiring.mails import MailServices
from wxcloudrun.wiring.npm_accounts import NpmAccountServices
from wxcloudrun.wiring.registry import ByteServices, ReleaseServices
from wxcloudrun.wiring.upkeep import UpkeepServices
from wxcloudrun.wiring.upload_sessions import UploadSessionServices

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class BackgroundFloors:
    """What jobs and periodic tasks are done with."""

    foundation: FoundationServices
    logins: LoginServices
    mails: MailServices
    npm_accounts: NpmAccountServices
    bytes: ByteServices
    sessions: UploadSessionServices
    releases: ReleaseServices
    upkeep: UpkeepServices


@dataclass(frozen=True)
class JobServices:
    """The services of jobs and of what is done again and again."""

    work: WorkService
    periodic: PeriodicService
    recovery: RecoveryService
    background: Background
    administration: JobAdministrationService
    statistics: JobStatistics


def build_work(settings: Settings, wake_ups: WakeUps, floors: BackgroundFloors) -> JobServices:
    """Build what works in the background."""
    upkeep = floors.upkeep
    chores = MaintenanceTasks(collect=upkeep.collect, sweep=upkeep.sweep, fsck=upkeep.fsck)
    kinds, lease = job_kinds(floors, chores), settings.job_lease_seconds
    recovery = RecoveryService(
        kinds=kinds, jobs=floors.foundation.jobs, history_days=settings.job_history_days
    )
    tasks = periodic_tasks(floors, chores, recovery)
    lasting = max(settings.job_threads - 1, 1)  # one thread is kept for maintenance
    shares = Shares(per_user=settings.jobs_per_user, lasting=lasting)
    work = WorkService(kinds=kinds, lease_seconds=lease, shares=shares)
    periodic = PeriodicService(tasks=tasks, lease_seconds=lease)
    background = Background(
        wake_ups=wake_ups, duties=partial(duties, work, periodic), threads=settings.job_threads
    )
    return JobServices(
        work=work,
        periodic=periodic,
        recovery=recovery,
        background=background,
        administration=JobAdministrationService(tasks=tasks),
        statistics=JobStatistics(tasks=tasks, is_running_here=lambda: background.is_running),
    )


def job_kinds(floors: BackgroundFloors, chores: MaintenanceTasks) -> dict[str, JobKind]:
    """Return how each kind of job is done, in one table; handlers stand in the domains' `tasks.py`."""
    artifacts = ArtifactTasks(digests=floors.bytes.digests)
    releases, erasure = ReleaseTasks(floors.releases.obtain), ErasureTasks(floors.foundation.erasure)
    mails = MailTasks(floors.mails.sending)
    return {
        "collect": JobKind(chores.collect),
        "sweep": JobKind(chores.sweep),
        "fsck": JobKind(chores.fsck),
        DIGESTS: JobKind(artifacts.compute_digests, artifacts.digests_failed),
        OBTAIN: JobKind(releases.obtain, releases.obtain_failed, may_last=True),
        ERASE: JobKind(erasure.erase, erasure.erase_failed),
        ADOPT: JobKind(AdoptionTasks(floors.bytes.adopting).adopt),
        TOKEN_JOB: JobKind(mails.mail_token),
        NOTICE_JOB: JobKind(mails.mail_notice),
    }


def periodic_tasks(
    floors: BackgroundFloors, chores: MaintenanceTasks, recovery: RecoveryService
) -> dict[str, TaskKind]:
    """Return what is done again and again, and how often unless an administrator decides otherwise."""
    return {
        "requeue-jobs": TaskKind(10, recovery.requeue_abandoned),
        "audit-chain": TaskKind(MINUTE, floors.foundation.audit.chain, is_required=True),
        "end-upload-sessions": TaskKind(10 * MINUTE, floors.sessions.expiry.run),
        "remove-objects": TaskKind(MINUTE, floors.upkeep.deletions.carry_out),
        "collect": TaskKind(HOUR, chores.collect_periodically),
        "forget-expired": TaskKind(HOUR, floors.logins.expiry.forget_expired),
        "forget-mailed-tokens": TaskKind(HOUR, floors.mails.tokens.forget_expired),
        "forget-npm-logins": TaskKind(HOUR, floors.npm_accounts.web_logins.forget_expired),
        "sweep": TaskKind(DAY, chores.sweep_periodically),
        "forget-jobs": TaskKind(DAY, recovery.forget_finished),
    }


def duties(work: WorkService, periodic: PeriodicService) -> Duties:
    """Return what the threads of a worker do, on the database of the current application."""
    return Duties(
        do_job=on_this_database(work.run),
        next_job=on_this_database(work.next_due),
        due_tasks=on_this_database(periodic.due),
        do_task=on_this_database(periodic.run),
        hand_back=on_this_database(work.hand_back),
    )
