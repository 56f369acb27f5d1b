"""Wire shapes of jobs and periodic tasks."""

from typing import Any, Literal

from pydantic import Field

from wxcloudrun.jobs.queries import JobFilters
from wxcloudrun.jobs.service.administration import TaskChange
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import Input, Output, Timestamp

LONGEST_INTERVAL_SECONDS = 366 * 86_400


class JobQuery(PageQuery):
    """Which jobs: of which kind, in which state."""

    kind: str | None = Field(None, max_length=64, pattern=r"^[ -~]+$")
    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None

    def filters(self) -> JobFilters:
        """Return what the query asks for."""
        return JobFilters(self.kind, self.state)


class JobOut(Output):
    """A job; `result` when it is done or cancelled, `error` when an attempt has failed."""

    id: int
    kind: str
    arguments: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    attempts: int
    max_attempts: int
    error: str | None
    result: dict[str, Any] | None
    created_at: Timestamp
    created_by: int | None
    not_before: Timestamp
    lease_expires_at: Timestamp | None
    started_at: Timestamp | None
    finished_at: Timestamp | None
    last_duration_seconds: float | None


class TaskPatch(Input):
    """What may change; what is left out stays."""

    enabled: bool | None = None
    interval_seconds: int | None = Field(None, ge=1, le=LONGEST_INTERVAL_SECONDS)

    def change(self) -> TaskChange:
        """Return what shall be different."""
        return TaskChange(self.enabled, self.interval_seconds)


class TaskOut(Output):
    """A periodic task and how it is doing; `next_run_at` is null until a worker has looked at it once."""

    name: str
    interval_seconds: int
    enabled: bool
    runs: int
    errors: int
    last_error: str | None
    last_run_at: Timestamp | None
    last_duration_seconds: float | None
    next_run_at: Timestamp | None
