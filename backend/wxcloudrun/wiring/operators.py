"""What operators ask: how the service does, and what it shall do now."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.doctor.service import DoctorService
from wxcloudrun.health.service import HealthService
from wxcloudrun.jobs.metrics import jobs_by_state
from wxcloudrun.maintenance.service import MaintenanceService
from wxcloudrun.second_factors.service.resealing import ResealingService
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.stats.service import StatsService
from wxcloudrun.wiring.background import JobServices
from wxcloudrun.wiring.foundation import FoundationServices
from wxcloudrun.wiring.secrets import server_keys
from wxcloudrun.wiring.stores import Stores


@dataclass(frozen=True)
class OperatorServices:
    """The services for operators."""

    maintenance: MaintenanceService
    health: HealthService
    doctor: DoctorService
    stats: StatsService


def build_operation(
    settings: Settings, stores: Stores, foundation: FoundationServices, work: JobServices
) -> OperatorServices:
    """Build what operators ask."""
    token = None if settings.metrics_token is None else settings.metrics_token.get_secret_value()
    server = server_keys(settings)
    # Beside everything else or at a port of their own, where whoever may reach that may read them.
    is_open = settings.shows_metrics or (token is None and settings.metrics_port is not None)
    return OperatorServices(
        maintenance=MaintenanceService(queue=foundation.jobs, jobs=work.administration),
        health=HealthService(blobs=stores.blobs, queue=stores.wake_ups),
        doctor=DoctorService(
            settings=settings,
            newest_key=server.ring(Purpose.API_KEYS).newest.name,
            audit=foundation.audit,
            factors=ResealingService(secrets=FactorSecrets(server)),
        ),
        stats=StatsService(
            cache=stores.cache,
            jobs=work.statistics,
            asked=[jobs_by_state(lambda: work.statistics.summary().jobs)],
            metrics_token=token,
            is_open=is_open,
        ),
    )
