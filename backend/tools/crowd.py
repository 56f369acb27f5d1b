"""Many slow clients in one process of their own: `python -m tools.crowd < plan.json > result.json`.

Some download and some upload at a steady pace, some connect and say nothing, some send a byte of a head each
second. Everybody begins within two seconds. It says `open` on standard error when all are connected, or in
the middle of a body.
"""

import contextlib
import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1]
WAIT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """Who comes, and for what."""

    port: int
    keys: list[str]  # of those who transfer, in turn
    bytes_per_second: int
    downloads: int = 0
    download_path: str = ""
    sha256: str = ""
    uploads: int = 0
    upload_path: str = ""  # with {number}
    upload_bytes: int = 0
    silent: int = 0
    trickling: int = 0
    seconds: float = 0.0  # how long those stay who never send a request


@dataclass(slots=True)
class Crowd:
    """What became of everybody."""

    downloads: Counter[str] = field(default_factory=Counter)
    uploads: Counter[str] = field(default_factory=Counter)
    dropped: int = 0  # of the silent and the trickling, by the server
    last_drop_seconds: float = 0.0
    all_open_seconds: float = 0.0  # from when all were under way until the first one had gone
    seconds: float = 0.0  # the same, until the last one had gone
    cpu_seconds: float = 0.0  # of the clients themselves in that time


@contextlib.contextmanager
def coming(plan: Plan) -> "Iterator[Visitors]":
    """Let them come, in a process of their own; the block begins when all are under way."""
    command = [sys.executable, "-m", "tools.crowd"]
    process = subprocess.Popen(
        command, cwd=BACKEND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        if process.stdin is None or process.stderr is None:
            raise RuntimeError("both are pipes")
        process.stdin.write(json.dumps(asdict(plan)))
        process.stdin.close()
        process.stdin = None
        said = process.stderr.readline()
        if said.strip() != "open":
            raise RuntimeError(said + process.stderr.read())
        yield Visitors(process)
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Visitors:
    """Those who have come."""

    process: "subprocess.Popen[str]"

    def result(self, seconds: float = WAIT_SECONDS) -> Crowd:
        """Return what became of everybody, when all have gone."""
        said, complaints = self.process.communicate(timeout=seconds)
        if self.process.returncode:
            raise RuntimeError(complaints)
        return Crowd(**json.loads(said))


def main() -> None:
    """Read the plan, and write what became of it."""
    from tools.slow_clients import come  # noqa: PLC0415  # they know this module

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = come(Plan(**json.load(sys.stdin)))
    sys.stdout.write(json.dumps({each.name: getattr(crowd, each.name) for each in fields(crowd)}))


if __name__ == "__main__":
    main()
