"""What every domain stands on: the queue of jobs, erasing, and the audit log."""

from dataclasses import dataclass

from wxcloudrun.audit.gateway import FileSink, HeadSink, SyslogSink, WebhookSink
from wxcloudrun.audit.rules import AuditKeys
from wxcloudrun.audit.service.archive import Archive
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.outside import OutsideHeads
from wxcloudrun.audit.service.refusals import RefusalLog
from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.service_accounts.reads import ServiceAccount
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.upload_sessions.reads import UploadSession
from wxcloudrun.upload_sessions.service.endings import give_leases_back
from wxcloudrun.users.service.users import leave_all
from wxcloudrun.versions.reads import Version
from wxcloudrun.versions.service.names import retire_versions
from wxcloudrun.wiring.secrets import server_keys
from wxcloudrun.wiring.stores import rate_counters


@dataclass(frozen=True)
class FoundationServices:
    """The services that others are built with."""

    jobs: JobQueue
    erasure: ErasureService
    audit_keys: AuditKeys
    audit: AuditService
    archive: Archive
    refusals: RefusalLog


def build_foundation(settings: Settings, wake_ups: WakeUps) -> FoundationServices:
    """Build what the other floors stand on."""
    jobs, keys = job_queue(settings, wake_ups), audit_keys(settings)
    before = {
        Version.__tablename__: retire_versions,
        ServiceAccount.__tablename__: leave_all,
        UploadSession.__tablename__: give_leases_back,
    }
    return FoundationServices(
        jobs=jobs,
        erasure=ErasureService(jobs=jobs, before=before),
        audit_keys=keys,
        archive=Archive(keys, days=settings.audit_days),
        audit=AuditService(
            keys=keys,
            chain=Chain(keys),
            outside=OutsideHeads(head_sinks(settings)),
            notes_reads=settings.audit_reads,
        ),
        refusals=RefusalLog(counters=rate_counters(settings)),
    )


def job_queue(settings: Settings, wake_ups: WakeUps) -> JobQueue:
    """Build what work is put down with."""
    return JobQueue(wake_ups=wake_ups, most_waiting=settings.jobs_waiting_per_user)


def audit_keys(settings: Settings) -> AuditKeys:
    """Return what entries and their chain are sealed with."""
    return AuditKeys.of(server_keys(settings))


def head_sinks(settings: Settings) -> list[HeadSink]:
    """Return the places outside of the database that keep the ends of the audit log."""
    sinks: list[HeadSink] = []
    if settings.audit_heads_dir is not None:
        sinks.append(FileSink(settings.audit_heads_dir))
    if settings.audit_heads_syslog is not None:
        sinks.append(SyslogSink(settings.audit_heads_syslog))
    if settings.audit_heads_webhook is not None and settings.audit_heads_secret is not None:
        url, secret = settings.audit_heads_webhook, settings.audit_heads_secret
        sinks.append(WebhookSink(url, secret.get_secret_value()))
    return sinks
