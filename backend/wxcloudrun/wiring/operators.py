"""What operators ask: how the service does, and what it shall do now."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.health.service import HealthService
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.maintenance.service import MaintenanceService
from wxcloudrun.stats.service import StatsService
from wxcloudrun.wiring.background import JobServices
from wxcloudrun.wiring.stores import Stores


@dataclass(frozen=True)
class OperatorServices:
    """The services for operators."""

    maintenance: MaintenanceService
    health: HealthService
    stats: StatsService


def build_operation(
    settings: Settings, stores: Stores, jobs: JobQueue, work: JobServices
) -> OperatorServices:
    """Build what operators ask."""
    token = None if settings.metrics_token is None else settings.metrics_token.get_secret_value()
    return OperatorServices(
        maintenance=MaintenanceService(queue=jobs, jobs=work.administration),
        health=HealthService(blobs=stores.blobs, queue=stores.wake_ups),
        stats=StatsService(cache=stores.cache, jobs=work.statistics, metrics_token=token),
    )
