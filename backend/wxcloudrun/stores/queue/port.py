"""The port through which a worker is woken."""

from typing import Protocol


class QueueUnavailable(Exception):
    """The place through which workers are woken cannot be reached."""


class WakeUps(Protocol):
    """Tells workers, in whichever process, that there is something to do; messages may be lost or doubled."""

    def ring(self, job_id: int) -> None:
        """Tell one worker that this job is there. Raises QueueUnavailable."""

    def check(self) -> None:
        """Return if messages get through. Raises QueueUnavailable."""
