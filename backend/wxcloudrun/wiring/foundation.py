"""What every domain stands on: the queue of jobs, erasing, and the audit log."""

from dataclasses import dataclass

from wxcloudrun.audit.rules import ChainKeys
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.config import Settings
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit.derived_keys import Purpose
from wxcloudrun.service_accounts.reads import ServiceAccount
from wxcloudrun.stores.queue.port import WakeUps
from wxcloudrun.upload_sessions.reads import UploadSession
from wxcloudrun.upload_sessions.service.endings import give_leases_back
from wxcloudrun.users.service.users import leave_all
from wxcloudrun.versions.reads import Version
from wxcloudrun.versions.service.names import retire_versions
from wxcloudrun.wiring.secrets import server_keys


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
        Version.__tablename__: retire_versions,
        ServiceAccount.__tablename__: leave_all,
        UploadSession.__tablename__: give_leases_back,
    }
    return FoundationServices(
        jobs=jobs,
        erasure=ErasureService(jobs=jobs, before=before),
        audit=AuditService(chain=Chain(ChainKeys(server_keys(settings).ring(Purpose.AUDIT_CHAIN)))),
    )
