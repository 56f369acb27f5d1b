"""Refusals of this domain, and what handlers of jobs say and learn: that a job is over, or not theirs."""

from typing import Any, ClassVar

from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.texts import Text


class TooManyJobs(AppError):
    """As many jobs of yours are waiting as may; it gets better while they are done."""

    status = 429
    reason = "too_many_jobs"
    described_facts: ClassVar = {"limit": {"type": "integer", "description": "how many may wait"}}
    retry_after_seconds: ClassVar[int] = 60

    def __init__(self, message: Text, **facts: Any) -> None:
        super().__init__(message, headers={"Retry-After": str(self.retry_after_seconds)}, **facts)


class JobFailed(Exception):
    """The work cannot succeed, however often it is tried; the message is for people to read."""


class JobPutOff(Exception):
    """The work did not succeed this time, and another attempt may; the message is for people to read."""


class LeaseLost(Exception):
    """Somebody else may be working on this job by now: nothing of this attempt may be committed."""
