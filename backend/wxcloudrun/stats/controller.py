"""HTTP out, for figures."""

from flask import Response

from wxcloudrun.kit import metrics
from wxcloudrun.stats.schemas import StatsOut
from wxcloudrun.stats.service import StatsService
from wxcloudrun.web.authorization import bearer_token
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok


def show_stats() -> Response:
    """200 with the figures."""
    return ok(StatsOut.of(service(StatsService).figures(actor())))


def show_metrics() -> Response:
    """200 with the metrics, in Prometheus' own format and not in the envelope."""
    text = service(StatsService).exposition(bearer_token())
    return Response(text, content_type=metrics.CONTENT_TYPE)
