"""Waking the threads of this process alone; others find a job when they look for it."""

import queue

MOST_WAITING = 1000  # in a process without workers nobody takes a message


class ProcessWakeUps:
    """Messages between the threads of one process, in their order."""

    def __init__(self) -> None:
        self._woken: queue.Queue[int] = queue.Queue(MOST_WAITING)

    def ring(self, job_id: int) -> None:
        """Tell one thread that this job is there; one message too many is lost."""
        try:
            self._woken.put_nowait(job_id)
        except queue.Full:
            return

    def wait(self, seconds: float) -> int | None:
        """Return the job that this thread was woken for, None if that was none within the seconds."""
        try:
            return self._woken.get(block=seconds > 0, timeout=seconds)
        except queue.Empty:
            return None

    def check(self) -> None:
        """Messages always get through."""
