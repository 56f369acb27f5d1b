"""What a client takes that installs packages: with nothing in its cache, or with all of it."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders.contender import Contender
from benchmarks.load.curl import Failed
from benchmarks.rounds import Case


@dataclass(frozen=True, slots=True)
class Installation:
    """A command that installs from a server into a folder, by way of a cache."""

    server: Contender
    command: Sequence[str]
    target: Path
    cache: Path

    def case(self, *, is_warm: bool) -> Case:
        """Return what one contender does."""
        prepare = self.keep_cache if is_warm else self.forget
        return Case(self.server.name, self.run, server=self.server, prepare=prepare)

    def run(self) -> None:
        """Install. Raises Failed."""
        done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{self.command[:4]} ended with {done.returncode}: {done.stderr[-500:]}")

    def forget(self) -> None:
        """Remove what was installed, and the cache."""
        for place in (self.target, self.cache):
            shutil.rmtree(place, ignore_errors=True)

    def keep_cache(self) -> None:
        """Remove what was installed, and see that there is a cache."""
        if not self.cache.exists():
            self.run()
        shutil.rmtree(self.target, ignore_errors=True)
