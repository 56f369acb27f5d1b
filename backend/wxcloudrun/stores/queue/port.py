"""The port through which a worker is woken."""

from typing import Protocol


class QueueUnavailable(Exception):
    """The place through which workers are woken cannot be reached."""


class WakeUps(Protocol):
    """Tells workers that there is something to do; messages may be lost or doubled."""

    def ring(self, job_id: int) -> None:
        """Tell one worker that this job is there. Raises QueueUnavailable."""

    def wait(self, seconds: float) -> int | None:
        """Return the job that this thread was woken for, None if that was none within the seconds.

        With 0 it only looks. Raises QueueUnavailable, at once or within few seconds.
        """

    def check(self) -> None:
        """Return if messages get through. Raises QueueUnavailable."""
