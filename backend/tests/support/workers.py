"""Worker processes as production runs them, which a test may kill."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.live import BACKEND
from tests.support.site import eventually

START_SECONDS = 60
STOP_SECONDS = 40


@dataclass(slots=True)
class Worker:
    """One `flask worker`."""

    environ: Mapping[str, str]
    log: Path
    app: str = "tests.support.worker_app"
    process: "subprocess.Popen[bytes]" = field(init=False)
    _read: int = 0

    def start(self) -> None:
        """Start it, for the first time or again."""
        self.log.touch()
        self._read = self.log.stat().st_size
        command = [sys.executable, "-m", "flask", "--app", self.app, "worker"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=BACKEND, env=self.environ, stdout=output, stderr=output
            )

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what it has logged under a name since it was started."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            lines = [line for line in file.read().decode().splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == name]

    def is_ready(self) -> bool:
        """Tell whether it works by now."""
        return bool(self.events("background_started"))

    def wait_until_ready(self) -> None:
        """Return when it works."""
        assert eventually(self.is_ready, START_SECONDS), self.log.read_text()[-4000:]

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to end, as whatever runs it does; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextlib.contextmanager
def workers(count: int, folder: Path, environ: Mapping[str, str]) -> Iterator[list[Worker]]:
    """Run workers until the block ends."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    made = [Worker({**inherited, **environ}, folder / f"worker{number}.log") for number in range(count)]
    try:
        for each in made:
            each.start()
        for each in made:
            each.wait_until_ready()
        yield made
    finally:
        for each in made:
            if each.process.poll() is None:
                each.kill()
