"""The URLs of figures: data, not code."""

from wxcloudrun.kit.errors import Forbidden, Unauthorized
from wxcloudrun.kit.security import Scope
from wxcloudrun.stats import controller
from wxcloudrun.stats.schemas import StatsOut
from wxcloudrun.stats.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint

FIGURES = [
    Endpoint(
        "GET", "/stats", controller.show_stats, "show_stats", "What the service is doing",
        scope=Scope.ADMIN, answer=StatsOut, errors=(Forbidden,),
    ),
]  # fmt: skip

# No credential of ours is looked at; METRICS_TOKEN is a matter between Prometheus and the settings.
METRICS = [
    Endpoint(
        "GET", "/metrics", controller.show_metrics, "show_metrics", "Metrics for Prometheus",
        caller=Caller.ANYONE, scope=None, media="text/plain", errors=(Unauthorized,),
    ),
]  # fmt: skip

stats = blueprint("stats", "/api", FIGURES, words=(WORDS,))
exposition = blueprint("exposition", "", METRICS)
