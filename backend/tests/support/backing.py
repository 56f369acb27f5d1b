"""The real servers behind integration tests: found or started here, once for each test process.

Where a container engine answers, the compose file starts them; else `tools/services` does, without
containers; else those are used that already listen where the environment (`DATABASE_URL`,
`MINIO_ENDPOINT`) or `.env.integration` says. What cannot be had is skipped by its name, with the reason.
"""

import contextlib
import functools
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
import pytest
from dotenv import dotenv_values

from tools.servers.control import chosen, known, start_all
from tools.servers.processes import listens

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = ["docker", "compose", "-f", str(ROOT / "docker-compose.dev.yml")]
COMPOSE_SECONDS = 300
NAMED = {"minio": "MINIO_ENDPOINT", "mysql": "DATABASE_URL", "redis": "REDIS_URL"}


@dataclass(frozen=True, slots=True)
class Backing:
    """What runs and where, and what does not and why; both by name."""

    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def need(self, name: str) -> dict[str, Any]:
        """Return a server's description; skip the test by the server's name if it cannot be had."""
        if name not in self.servers:
            pytest.skip(f"no {name}: {self.skipped.get(name, 'it cannot be had on this machine')}")
        return self.servers[name]


@functools.cache
def backing() -> Backing:
    """Return the servers, started if they were not running."""
    if has_engine():
        subprocess.run([*COMPOSE, "up", "-d", "--wait"], check=True, timeout=COMPOSE_SECONDS)
        return named_in_environment({})
    if set(known()["servers"]) < {"minio", "seaweedfs", "mysql", "redis"}:
        start_all(chosen([]))
    found = known()
    named = named_in_environment(found["skipped"])
    return Backing({**named.servers, **found["servers"]}, named.skipped)


def has_engine() -> bool:
    """Tell whether a container engine answers."""
    if shutil.which("docker") is None:
        return False
    with contextlib.suppress(subprocess.TimeoutExpired):
        return (
            subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=10).returncode == 0
        )
    return False


def named_in_environment(skipped: dict[str, str]) -> Backing:
    """Return the servers that listen at the addresses in the environment."""
    named = {**dotenv_values(ROOT / ".env.integration"), **os.environ}
    servers: dict[str, dict[str, Any]] = {}
    for name, variable in NAMED.items():
        address = named.get(variable) or ""
        parts = urlsplit(address if "//" in address else f"//{address}")
        if parts.hostname in {"127.0.0.1", "localhost"} and parts.port and not listens(parts.port):
            continue
        servers[name] = {"product": name, "version": "named by the environment"}
        if name in {"mysql", "redis"}:
            servers[name] |= {"url": address}
        elif name == "minio":
            servers[name] |= {
                "endpoint": address,
                "access_key": named.get("MINIO_ACCESS_KEY"),
                "secret_key": named.get("MINIO_SECRET_KEY"),
            }
    return Backing(servers, {name: why for name, why in skipped.items() if name not in servers})


def mysql_connection(url: str, database: str | None = None) -> "pymysql.Connection[Any]":
    """Connect to the server behind a database URL, for what tests do around the service."""
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        database=database,
        autocommit=True,
        connect_timeout=5,
    )
