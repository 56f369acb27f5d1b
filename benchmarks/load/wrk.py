"""Many small requests with wrk, which is written in C and uses little of the processors."""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders.contender import Request
from benchmarks.load.curl import Failed

SCRIPTS = Path(__file__).resolve().parent
CONNECTIONS = 8
SMALL_BYTES = 10 * 1024
MOST_PUSHES_A_SECOND = 4000
NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What a load tool has seen; times in seconds."""

    requests: int
    seconds: float
    median_seconds: float
    p99_seconds: float


def get(request: Request, seconds: int) -> Load:
    """Ask for the same thing from eight connections. Raises Failed if anything is refused."""
    return run("get.lua", request, seconds, threads=2, arguments=[])


def push(request: Request, seconds: int, *, protocol: str, folder: Path) -> Load:
    """Put distinct bodies of 10 KB from eight connections. Raises Failed if anything is refused.

    `protocol` is one that `push.lua` speaks. The digests are computed beforehand.
    """
    names, base = distinct_bodies(folder, seconds * MOST_PUSHES_A_SECOND)
    return run("push.lua", request, seconds, threads=CONNECTIONS, arguments=[protocol, str(names), str(base)])


def distinct_bodies(folder: Path, count: int) -> tuple[Path, Path]:
    """Write what makes `count` bodies: common bytes, and a name with its digest for each."""
    base = os.urandom(SMALL_BYTES - NAME_BYTES)
    run_id = os.urandom(5).hex()
    lines = []
    for number in range(count):
        name = f"{run_id}{number:06d}"
        lines.append(f"{name} {hashlib.sha256(name.encode() + base).hexdigest()}\n")
    names_path, base_path = folder / "names.txt", folder / "base.bin"
    names_path.write_text("".join(lines))
    base_path.write_bytes(base)
    return names_path, base_path


def run(script: str, request: Request, seconds: int, *, threads: int, arguments: list[str]) -> Load:
    """Run wrk and read what the script prints at the end."""
    headers = [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t", str(threads), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "20s"]
    command += ["-s", str(SCRIPTS / script), *headers, request.url, "--", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise Failed(f"wrk ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    seen = json.loads(lines[-1])
    if seen["failed"] or not seen["done"]:
        raise Failed(f"{seen['failed']} of {seen['done']} requests to {request.url} failed")
    return Load(seen["done"], seen["seconds"], seen["median"], seen["p99"])
