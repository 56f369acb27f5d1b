"""The threads in which a process works in the background: Huey's consumer, without Huey's signals.

Huey's worker threads do jobs, its scheduler thread starts what is periodic. Nothing runs before `start`,
which only a server process or `flask worker` calls: building the application starts no thread.
"""

import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from huey.consumer import Consumer, Scheduler

from wxcloudrun.kit import clock
from wxcloudrun.stores.queue.duties import Duties
from wxcloudrun.stores.queue.huey import HueyQueue

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
IDLE_SECONDS = 0.5  # how often a thread looks into the file; Redis is waited for without looking


class Ticker(Scheduler):  # type: ignore[misc]  # huey has no types
    """Starts each periodic task that is due in a thread of its own, so that none waits for another."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.running: dict[str, threading.Thread] = {}

    def loop(self, now: Any = None) -> None:
        """Look once, then wait until it is time to look again."""
        del now
        try:
            for name in self.huey.duties.due_tasks():
                self._start(name)
        except Exception:  # a ticker that has died would go unnoticed
            logger.exception("tick_failed")
        self.stop_flag.wait(TICK_SECONDS)

    def _start(self, name: str) -> None:
        running = self.running.get(name)
        if running is None or not running.is_alive():
            work = partial(self.huey.duties.do_task, name)
            self.running[name] = threading.Thread(target=work, name=f"task-{name}", daemon=True)
            self.running[name].start()


class Consumers(Consumer):  # type: ignore[misc]  # huey has no types
    """Huey's consumer as a guest in somebody else's process."""

    def _create_scheduler(self) -> Ticker:
        self.ticker = Ticker(
            huey=self.huey, stop_flag=self.stop_flag, interval=self.scheduler_interval, periodic=False
        )
        return self.ticker

    def _set_signal_handlers(self) -> None:
        """Leave the signals to the process whose guest this is."""


class Background:
    """The background work of this process."""

    def __init__(self, *, queue: HueyQueue, duties: Callable[[], Duties], threads: int) -> None:
        self._queue = queue
        self._duties = duties
        self._threads = threads
        self._consumers: Consumers | None = None

    @property
    def is_running(self) -> bool:
        """True while this process works on jobs."""
        return self._consumers is not None

    def start(self) -> None:
        """Start the threads. Called inside the context of the application that they work for."""
        if self._consumers is not None:
            return
        huey = self._queue.huey  # nothing is opened yet, so a queue that is down keeps nobody from working
        huey.duties = self._duties()
        self._consumers = Consumers(
            huey, workers=self._threads, periodic=False, max_delay=IDLE_SECONDS, check_worker_health=False
        )
        self._consumers.start()
        logger.info("background_started", extra={"pid": os.getpid(), "threads": self._threads})

    def stop(self, patience_seconds: float) -> None:
        """Take up nothing more, wait a little for what is being done, give the rest back."""
        consumers, self._consumers = self._consumers, None
        if consumers is None:
            return
        deadline = clock.monotonic() + patience_seconds
        consumers.shutdown_timeout = patience_seconds
        consumers.stop(graceful=True)
        for thread in consumers.ticker.running.values():
            thread.join(max(deadline - clock.monotonic(), 0))
        consumers.huey.duties.hand_back()
        logger.info("background_stopped", extra={"pid": os.getpid()})
