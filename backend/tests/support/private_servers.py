"""Real servers that belong to one test file alone, so that they may be killed and frozen."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.live import free_port
from tools.servers import control, processes
from tools.servers.databases import MySQL
from tools.servers.object_stores import MinIO, ObjectStore, SeaweedFS
from tools.servers.redis import Redis
from tools.servers.server import Server

PROGRAMS = {
    "mysql": "mysql",
    "minio": f"minio-{MinIO.version}",
    "seaweedfs": f"weed-{SeaweedFS.version}",
    "redis": "root",
}
FOLLOWING_PORTS = {"seaweedfs": 9}


@dataclass(slots=True)
class PrivateServer:
    """One server process that a test may treat badly."""

    server: Server
    description: dict[str, Any]

    def process(self) -> psutil.Process:
        """Return the process."""
        found = processes.running(self.server.folder)
        assert found is not None, f"{self.server.name} does not run"
        return found

    def kill(self) -> None:
        """kill -9."""
        process = self.process()
        process.kill()
        process.wait(10)

    def freeze(self) -> None:
        """Let it accept connections and answer nothing."""
        self.process().suspend()

    def thaw(self) -> None:
        """Let it go on."""
        self.process().resume()

    def revive(self) -> None:
        """Start it again on the same address with the same data."""
        outcome = control.start(self.server)
        assert not outcome.reason, outcome.reason

    def end(self) -> None:
        """Stop it for good."""
        process = processes.running(self.server.folder)
        if process is not None:
            process.resume()
        processes.stop(self.server.folder)


@contextlib.contextmanager
def private_server(kind: type[MySQL | ObjectStore | Redis], home: Path) -> Iterator[PrivateServer]:
    """Run a server on a free port with data of its own; its program is the one that is there already."""
    server = kind(home)
    server.port = free_port(FOLLOWING_PORTS.get(kind.name, 0))
    server.folder.mkdir(parents=True, exist_ok=True)
    program = control.home() / server.name / PROGRAMS[server.name]
    link = server.folder / PROGRAMS[server.name]
    if program.exists() and not link.exists():
        link.symlink_to(program)
    outcome = control.start(server)
    if outcome.reason:
        pytest.skip(f"no private {server.name}: {outcome.reason}")
    private = PrivateServer(server, dict(outcome.description))
    try:
        yield private
    finally:
        private.end()
