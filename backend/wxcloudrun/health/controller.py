"""HTTP out, for health."""

from flask import Response

from wxcloudrun.health.schemas import HealthOut
from wxcloudrun.health.service import HealthService
from wxcloudrun.kit.web.endpoint import service
from wxcloudrun.kit.web.envelope import ok


def health() -> Response:
    """200 as long as the process answers; nothing else is touched."""
    return ok(HealthOut(status="healthy"))


def ready() -> Response:
    """200 if everything that is needed answers, 503 that names what does not."""
    service(HealthService).check()
    return ok(HealthOut(status="ready"))
