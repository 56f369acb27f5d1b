"""The threads in which a process works in the background.

Some do jobs, one starts what is periodic. Nothing runs before `start`, which only a server process or
`flask worker` calls: building the application starts no thread.
"""

import logging
import os
import threading
from collections.abc import Callable
from functools import partial

from wxcloudrun.kit import clock
from wxcloudrun.kit.logs import Complaint
from wxcloudrun.stores.queue.duties import Duties
from wxcloudrun.stores.queue.port import QueueUnavailable, WakeUps

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
IDLE_SECONDS = 0.5  # how long a thread waits to be woken before it looks whether it is to stop


class Background:
    """The background work of this process."""

    def __init__(self, *, wake_ups: WakeUps, duties: Callable[[], Duties], threads: int) -> None:
        self._wake_ups = wake_ups
        self._duties = duties
        self._threads = threads
        self._crew: Crew | None = None

    @property
    def is_running(self) -> bool:
        """True while this process works on jobs."""
        return self._crew is not None

    def start(self) -> None:
        """Start the threads. Called inside the context of the application that they work for."""
        if self._crew is not None:
            return
        self._crew = Crew(self._wake_ups, self._duties(), self._threads)
        self._crew.start()
        logger.info("background_started", extra={"pid": os.getpid(), "threads": self._threads})

    def stop(self, patience_seconds: float) -> None:
        """Take up nothing more, wait a little for what is being done, give the rest back."""
        crew, self._crew = self._crew, None
        if crew is None:
            return
        crew.stop(patience_seconds)
        logger.info("background_stopped", extra={"pid": os.getpid()})


class Crew:
    """Threads that begin and end together: some for jobs, and one for each periodic task under way."""

    def __init__(self, wake_ups: WakeUps, duties: Duties, threads: int) -> None:
        self._wake_ups = wake_ups
        self._duties = duties
        self._stopping = threading.Event()
        self._unavailable = Complaint(logger, "queue_unavailable_workers_poll")
        self._tasks: dict[str, threading.Thread] = {}
        self._threads = [
            threading.Thread(target=self._do_jobs, name=f"jobs-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]
        self._threads.append(threading.Thread(target=self._start_tasks, name="ticker", daemon=True))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience_seconds: float) -> None:
        """Begin nothing more, wait for what is being done, give back what is not done by then."""
        self._stopping.set()
        deadline = clock.monotonic() + patience_seconds
        for threads in (self._threads, self._tasks.values()):  # in this order: a tick may start a task
            for thread in tuple(threads):
                thread.join(max(deadline - clock.monotonic(), 0))
        self._duties.hand_back()

    def _do_jobs(self) -> None:
        pause_seconds = 0.0
        while not self._stopping.is_set():
            try:
                job_id = self._next_job(pause_seconds)
                pause_seconds = IDLE_SECONDS if job_id is None else 0.0
                if job_id is not None and not self._stopping.is_set():
                    self._duties.do_job(job_id)
            except Exception:  # a thread that works on jobs must outlive every one of them
                logger.exception("job_thread_failed")
                pause_seconds = IDLE_SECONDS

    def _next_job(self, pause_seconds: float) -> int | None:
        """Return what somebody was woken for, else a job that waits without that."""
        try:
            woken = self._wake_ups.wait(pause_seconds)
        except QueueUnavailable as error:
            self._unavailable.say(error, cause=type(error.__cause__ or error).__name__)
            self._stopping.wait(pause_seconds)
            woken = None
        else:
            self._unavailable.over()
        return woken if woken is not None else self._duties.next_job()

    def _start_tasks(self) -> None:
        """Start each periodic task that is due in a thread of its own, so that none waits for another."""
        while not self._stopping.is_set():
            try:
                due = self._duties.due_tasks()
                if not self._stopping.is_set():
                    for name in due:
                        self._start_task(name)
            except Exception:  # a ticker that has died would go unnoticed
                logger.exception("tick_failed")
            self._stopping.wait(TICK_SECONDS)

    def _start_task(self, name: str) -> None:
        running = self._tasks.get(name)
        if running is None or not running.is_alive():
            work = partial(self._duties.do_task, name)
            self._tasks[name] = threading.Thread(target=work, name=f"task-{name}", daemon=True)
            self._tasks[name].start()
