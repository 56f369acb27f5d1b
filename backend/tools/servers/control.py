"""Starting and stopping: all servers at the same time, each failure by itself, one run at a time."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.servers import processes
from tools.servers.databases import MySQL
from tools.servers.object_stores import MinIO, SeaweedFS
from tools.servers.redis import Redis
from tools.servers.server import Description, Server, ServerMissing

SERVERS: tuple[type[Server], ...] = (MinIO, SeaweedFS, MySQL, Redis)
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ServerOutcome:
    """What became of one server: a description if it runs, a reason if it does not."""

    name: str
    description: Description = field(default_factory=dict)
    reason: str = ""
    was_running: bool = False


def home() -> Path:
    """Return the folder that holds programs, data and the list of what runs."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WXCLOUDRUN_SERVICES_HOME") or Path(cache) / "wxcloudrun-services").resolve()


def chosen(names: Sequence[str]) -> list[Server]:
    """Return the servers of these names, all of them if there are none."""
    return [server(home()) for server in SERVERS if not names or server.name in names]


@contextmanager
def only_one() -> Iterator[None]:
    """Let a second start or stop wait for the first."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_all(servers: Sequence[Server]) -> list[ServerOutcome]:
    """Start servers that do not run; those which cannot be had come back with a reason."""
    with only_one():
        with ThreadPoolExecutor(len(servers)) as pool:
            outcomes = list(pool.map(start, servers))
        write_down(outcomes)
    return outcomes


def start(server: Server) -> ServerOutcome:
    """Start one server unless it runs, and wait until it serves."""
    server.folder.mkdir(parents=True, exist_ok=True)
    record = server.folder / "description.json"
    try:
        process = processes.running(server.folder)
        if process is not None and record.exists() and server.is_ready():
            return ServerOutcome(server.name, json.loads(record.read_text()), was_running=True)
        processes.stop(server.folder)
        if processes.is_taken(server.port):
            raise ServerMissing(f"another program listens on {server.address}")
        server.obtain()
        pid = launch_until_ready(server)
        description = {**server.describe(), "pid": pid}
        record.write_text(json.dumps(description))
        return ServerOutcome(server.name, description)
    except ServerMissing as unavailable:
        return ServerOutcome(server.name, reason=str(unavailable))
    except OSError as error:
        return ServerOutcome(server.name, reason=f"{error.strerror}: {error.filename}")


def launch_until_ready(server: Server) -> int:
    """Launch a server as often as it may end by itself; return its process number. Raises ServerMissing."""
    for _ in range(server.start_attempts):
        process = processes.launch(server.command(), server.folder, server.environment())
        deadline = time.monotonic() + server.start_seconds
        while time.monotonic() < deadline and processes.running(server.folder):
            if server.is_ready():
                return process.pid
            time.sleep(POLL_SECONDS)
    processes.stop(server.folder)
    raise ServerMissing(f"it did not start: {complaint(server.folder / 'log')}")


def complaint(log: Path) -> str:
    """Return the first line of a log that speaks of an error, else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (errors or lines[-1:] or ["it said nothing"])[0]


def stop_all(servers: Sequence[Server]) -> list[str]:
    """Stop servers that were started from here; return the names of those that ran."""
    with only_one():
        with ThreadPoolExecutor(len(servers)) as pool:
            stopped = list(pool.map(processes.stop, [server.folder for server in servers]))
        write_down([ServerOutcome(server.name, reason="it was stopped") for server in servers])
    return [server.name for server, was_running in zip(servers, stopped, strict=True) if was_running]


def known() -> dict[str, Any]:
    """Return what the last start wrote down, without the servers that have ended since."""
    try:
        written: dict[str, Any] = json.loads((home() / "services.json").read_text())
    except FileNotFoundError:
        return {"servers": {}, "skipped": {}}
    for name in list(written["servers"]):
        if processes.running(home() / name) is None:
            del written["servers"][name]
            written["skipped"][name] = "it no longer runs"
    return written


def write_down(outcomes: Sequence[ServerOutcome]) -> None:
    """Record the outcomes in `services.json` and `services.env`, for tests and shells."""
    current = known()
    for outcome in outcomes:
        here, there = ("skipped", "servers") if outcome.reason else ("servers", "skipped")
        current[there].pop(outcome.name, None)
        current[here][outcome.name] = outcome.reason or outcome.description
    for name, text in (
        ("services.json", json.dumps(current, indent=2) + "\n"),
        ("services.env", as_settings(current)),
    ):
        draft = home() / f"{name}.new"
        draft.write_text(text)
        draft.replace(home() / name)


def as_settings(current: dict[str, Any]) -> str:
    """Return the settings with which the service uses the servers that run, as a dotenv file."""
    servers = current["servers"]
    lines = []
    if store := servers.get("minio") or servers.get("seaweedfs"):
        lines += [
            "BLOB_STORE=minio",
            f"MINIO_ENDPOINT={store['endpoint']}",
            f"MINIO_BUCKET={store['bucket']}",
        ]
        lines += [f"MINIO_ACCESS_KEY={store['access_key']}", f"MINIO_SECRET_KEY={store['secret_key']}"]
    if database := servers.get("mysql"):
        lines.append(f"DATABASE_URL='{database['url']}'")
    if cache := servers.get("redis"):
        lines.append(f"REDIS_URL={cache['url']}")
    return "".join(f"{line}\n" for line in lines)
