"""Worker processes that can be killed and replaced within a moment.

They are forked from a process that has imported the service once, so that the first thing which a new
one does is to work: starting Python anew takes longer than such a worker lives.
"""

import contextlib
import multiprocessing
import random
import threading
from collections.abc import Iterator, Mapping
from multiprocessing.context import ForkServerProcess

from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.stores.queue.background import Background


class Workers:
    """Some workers, of which one may be killed at any time."""

    def __init__(self, environ: Mapping[str, str], count: int) -> None:
        self._environ = dict(environ)
        self._fork = multiprocessing.get_context("forkserver")
        self._fork.set_forkserver_preload([__name__])
        self._processes = [self._start() for _ in range(count)]

    def kill_one(self) -> None:
        """kill -9 one of them, whichever, and start another in its place."""
        number = random.randrange(len(self._processes))
        self._kill(self._processes[number])
        self._processes[number] = self._start()

    def end(self) -> None:
        """End them all."""
        for process in self._processes:
            self._kill(process)

    def _start(self) -> ForkServerProcess:
        process = self._fork.Process(target=work, args=(self._environ,), daemon=True)
        process.start()
        return process

    def _kill(self, process: ForkServerProcess) -> None:
        process.kill()
        process.join()


def work(environ: Mapping[str, str]) -> None:
    """Do what `flask worker` does, until something ends this process."""
    app = create_app(Settings.from_env(environ))
    background: Background = app.extensions["services"][Background]
    with app.app_context():
        background.start()
        threading.Event().wait()


@contextlib.contextmanager
def workers(environ: Mapping[str, str], count: int) -> Iterator[Workers]:
    """Run workers until the block ends."""
    running = Workers(environ, count)
    try:
        yield running
    finally:
        running.end()
