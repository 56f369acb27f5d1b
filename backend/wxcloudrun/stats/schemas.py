"""Wire shapes of the figures."""

from typing import Literal, Self

from wxcloudrun.stats.service import Figures
from wxcloudrun.stores.cache.port import CacheFigures
from wxcloudrun.web.parsing import Output, Timestamp


class DatabaseOut(Output):
    """The connections of the process that answers."""

    status: Literal["initialized"]
    total_connections: int
    available_connections: int
    in_use_connections: int


class CacheOut(Output):
    """The cache; the counts are those of the process that answers, the entries those of all who share it."""

    status: Literal["initialized", "unavailable"]
    entries: int
    hit_count: int
    miss_count: int
    hit_rate: str
    evictions: int

    @classmethod
    def of(cls, figures: CacheFigures) -> Self:
        """Shape the figures."""
        lookups = figures.hits + figures.misses
        return cls(
            status=figures.status,
            entries=figures.entries,
            hit_count=figures.hits,
            miss_count=figures.misses,
            hit_rate=f"{100 * figures.hits / lookups if lookups else 0:.1f}%",
            evictions=figures.evictions,
        )


class TaskStatsOut(Output):
    """A periodic task."""

    interval_seconds: int
    enabled: bool
    runs: int
    errors: int
    last_error: str | None
    last_run_at: Timestamp | None
    last_duration_seconds: float | None
    next_run_at: Timestamp | None


class BackgroundOut(Output):
    """The background work."""

    status: Literal["running", "stopped"]
    tasks: int
    task_stats: dict[str, TaskStatsOut]


class StorageOut(Output):
    """What is stored: whole artifacts and their bytes, uploads under way, objects that will be deleted."""

    artifacts: int
    bytes: int
    leases: int
    pending_deletions: int


class StatsOut(Output):
    """How the service does."""

    database: DatabaseOut
    cache: CacheOut
    background: BackgroundOut
    storage: StorageOut

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """Shape all of it."""
        pool = figures.pool
        return cls(
            database=DatabaseOut(
                status="initialized",
                total_connections=pool.total,
                available_connections=pool.total - pool.in_use,
                in_use_connections=pool.in_use,
            ),
            cache=CacheOut.of(figures.cache),
            background=BackgroundOut.model_validate(figures.background),
            storage=StorageOut.model_validate(figures.storage),
        )
