"""What every domain stands on: the queue of jobs, erasing, and the audit log."""

from dataclasses import dataclass

from wxcloudrun.audit.rules import ChainKeys
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.service_accounts.reads import ServiceAccount, mark_users_deleted
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.upload_sessions.reads import UploadSession, end_leases
from wxcloudrun.versions.reads import Version, retire


@dataclass(frozen=True)
class FoundationServices:
    """The services that others are built with."""

    jobs: JobQueue
    erasure: ErasureService
    audit: AuditService


def build_foundation(settings: Settings, wake_ups: WakeUps) -> FoundationServices:
    """Build what the other floors stand on."""
    jobs = JobQueue(wake_ups=wake_ups)
    before = {
        Version.__tablename__: retire,
        ServiceAccount.__tablename__: mark_users_deleted,
        UploadSession.__tablename__: end_leases,
    }
    return FoundationServices(
        jobs=jobs,
        erasure=ErasureService(jobs=jobs, before=before),
        audit=AuditService(chain=Chain(ChainKeys(settings.api_key_secret.get_secret_value()))),
    )
