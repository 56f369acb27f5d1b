"""Use cases on figures: what an administrator sees, and what Prometheus collects."""

import hmac
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs.service.statistics import BackgroundSummary, JobStatistics
from wxcloudrun.kit import metrics
from wxcloudrun.kit.db import pool_figures, reading
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.pool import PoolFigures
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.stats import queries
from wxcloudrun.stats.queries import StorageFigures
from wxcloudrun.stores.cache.port import Cache, CacheFigures

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it."""

    pool: PoolFigures
    cache: CacheFigures
    background: BackgroundSummary
    storage: StorageFigures


class StatsService:
    """Gathers figures."""

    def __init__(
        self,
        *,
        cache: Cache,
        jobs: JobStatistics,
        asked: Sequence[metrics.Asked],
        metrics_token: str | None,
        is_open: bool,
    ) -> None:
        self._cache = cache
        self._job_statistics = jobs
        self._asked = asked
        self._metrics_token = metrics_token
        self._is_open = is_open

    def figures(self, actor: Actor) -> Figures:
        """Return how the service does. Raises Unauthorized, Forbidden."""
        actor.require_administrator()
        pool = pool_figures()
        with reading() as session:
            storage = queries.storage(session)
        return Figures(pool, self._cache.figures(), self._job_statistics.summary(), storage)

    def exposition(self, offered_token: str | None) -> bytes:
        """Return every metric. Raises Unauthorized unless they are open or METRICS_TOKEN was offered."""
        if not self._is_open and not self._is_token(offered_token):
            raise Unauthorized(text("the metrics need METRICS_TOKEN as a bearer token"))
        return metrics.exposition(self._sampled())

    def _is_token(self, offered: str | None) -> bool:
        expected = self._metrics_token
        return expected is not None and hmac.compare_digest((offered or "").encode(), expected.encode())

    def _sampled(self) -> Iterator[metrics.Sampled]:
        for each in self._asked:
            try:
                yield metrics.Sampled(each, each.values())
            except SQLAlchemyError as error:  # what the process has counted itself is wanted all the more now
                told = {"metric": each.name, "cause": type(error).__name__}
                logger.warning("metric_not_read", extra=told)
                yield metrics.Sampled(each, {})
