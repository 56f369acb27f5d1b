"""One large file up or down with curl, or several at the same time."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.contender import Request

QUIET = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:"]
BYTES = "application/octet-stream"


class Failed(Exception):
    """A server did not do what was asked; a figure would mean nothing."""


def put(path: Path, request: Request, *, status: int = 200, kind: str = BYTES) -> None:
    """Send a file as the body. Raises Failed."""
    finish(start_put(path, request, kind), status)


def start_put(path: Path, request: Request, kind: str = BYTES) -> "subprocess.Popen[bytes]":
    """Begin to send a file as the body."""
    return start(["-H", f"Content-Type: {kind}", "-T", str(path)], request)


def form(path: Path, request: Request, part: str, filename: str, fields: dict[str, str]) -> None:
    """Send a file in a multipart form. Raises Failed."""
    options = [f"-F{name}={value}" for name, value in fields.items()]
    finish(start([*options, "-F", f"{part}=@{path};filename={filename}"], request), 200)


def get(requests: Sequence[Request]) -> None:
    """Read bodies at the same time and throw them away. Raises Failed."""
    for process in [start([], request) for request in requests]:
        finish(process, 200)


def start(options: Sequence[str], request: Request) -> "subprocess.Popen[bytes]":
    """Run curl."""
    headers = [f"-H{name}: {value}" for name, value in request.headers.items()]
    return subprocess.Popen(
        [*QUIET, *headers, *options, request.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: "subprocess.Popen[bytes]", status: int) -> None:
    """Wait for curl. Raises Failed unless the server answered with this status."""
    output, errors = process.communicate()
    if process.returncode or output.decode() != str(status):
        said = errors.decode(errors="replace").strip()
        raise Failed(f"{process.args!r} ended with {process.returncode}, status {output.decode()} {said}")
