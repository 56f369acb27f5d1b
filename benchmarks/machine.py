"""Facts about the machine and the programs, without which a figure means nothing."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.servers.control import known

PROGRAMS: Mapping[str, Sequence[str]] = {
    "docker-registry": ["docker-registry", "--version"],
    "nginx": ["nginx", "-v"],
    "wrk": ["wrk", "-v"],
    "curl": ["curl", "--version"],
    "npm": ["npm", "--version"],
    "node": ["node", "--version"],
}


def today() -> str:
    """Return the date."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def facts() -> dict[str, Any]:
    """Return what the machine is and how busy it was."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "model": processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 2),
    }


def processor() -> str:
    """Return the model of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def versions() -> dict[str, str]:
    """Return which versions were measured."""
    found = {"Python": platform.python_version(), "gunicorn": version("gunicorn")}
    for name, command in PROGRAMS.items():
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        found[name] = (said.stdout + said.stderr).strip().splitlines()[0]
    for name, described in known()["servers"].items():
        found[name] = f"{described.get('product', name)} {described.get('version', '')}"
    return found


def durability(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what an accepted upload has survived by the time of its answer, and how the service ran."""
    synchronous = environ.get("SQLITE_SYNCHRONOUS", "NORMAL")
    workers, threads = environ.get("WORKERS", "2"), environ.get("THREADS", "8")
    return {
        "service": f"gunicorn, {workers} workers × {threads} threads; every blob fsync'ed with its folder "
        f"before its row commits, large ones written with O_DIRECT; SQLite in WAL mode, "
        f"synchronous={synchronous}",
        "docker-registry, pypiserver, verdaccio": "as they come: no fsync of a blob",
    }
