"""The class that gunicorn makes its workers of. What it does is in `serving.py`.

The master loads this module; the rest is imported by the workers, after the master has said where their
metrics lie (see gunicorn.conf.py).
"""

import asyncio
import os
import resource
from typing import TYPE_CHECKING, Any, ClassVar

from gunicorn.workers.base import Worker

from wxcloudrun.serving import memory
from wxcloudrun.serving.worker.accept_turns import AcceptTurns
from wxcloudrun.serving.worker.limits import ServingLimits

if TYPE_CHECKING:
    from wxcloudrun.serving.worker.serving import Serving


class PatientWorker(Worker):  # type: ignore[misc]  # gunicorn is not typed
    """A process that serves."""

    limits: ClassVar[ServingLimits] = ServingLimits()
    turns: ClassVar[AcceptTurns] = AcceptTurns()  # of all processes: the master makes them
    _serving: "Serving | None" = None

    def load_wsgi(self) -> None:
        """Load the application, and make what works for it."""
        from wxcloudrun.serving.worker.serving import Serving  # noqa: PLC0415  # why: above
        from wxcloudrun.web.upload_paths import upload_paths  # noqa: PLC0415  # the same

        super().load_wsgi()
        memory.keep_small()
        memory.collect_what_is_new()
        self._serving = Serving(
            self.wsgi, self.cfg, self.log, self.limits, self._goes_on, upload_paths(self.wsgi)
        )

    def run(self) -> None:
        """Serve until told to stop."""
        if self._serving is not None:
            turns = self.turns if self.cfg.workers > 1 else None
            with asyncio.Runner() as runner:
                runner.run(self._serving.serve(self.sockets, turns))

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop when what is under way has ended."""
        super().handle_exit(sig, frame)
        if self._serving is not None:
            self._serving.stop()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop at once."""
        if self._serving is not None:
            self._serving.hang_up()
        super().handle_quit(sig, frame)

    def _goes_on(self) -> bool:
        self.notify()
        return bool(self.alive and self.ppid == os.getppid())


def raise_open_files(log: Any) -> None:
    """Let this process and its children open as many files as the system allows, and say so.

    Each connection is one, and each download of a local file one more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        log.info("Open files: %d instead of %d", hard, soft)
