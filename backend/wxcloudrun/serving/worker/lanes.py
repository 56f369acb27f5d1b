"""Threads in groups that do not take each other's place (bulkheads)."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Lane:
    """Some threads, made when they are first needed, and how many requests wait for one of them."""

    def __init__(self, name: str, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self.waiting = 0

    async def run[T](self, work: Callable[[], T]) -> T:
        """Let one of the threads do the work."""
        with self._lock:
            self.waiting += 1

        def begin() -> T:
            with self._lock:
                self.waiting -= 1
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._pool, begin)

    def is_wanted(self) -> bool:
        """Tell whether somebody waits for a thread."""
        return self.waiting > 0

    def stop(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
