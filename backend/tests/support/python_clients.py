"""Clients of Python's indexes, pinned in a list of their own, run with nothing but what a test gives them."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.support.live import BACKEND, LiveServer
from tests.support.python_index import PythonDistribution

INSTALL_SECONDS = 300
CLIENT_SECONDS = 120
SETTINGS_OF_OTHERS = ("PIP_", "UV_", "TWINE_", "POETRY_", "HATCH_", "PYTHON")


@cache
def installed() -> tuple[Path | None, str]:
    """Install the clients; return where their programs are, or why that cannot be done here."""
    command = [BACKEND / "tools" / "setup-python-clients"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return None, "the clients took too long to install"
    if done.returncode:
        return None, f"the clients could not be installed: {done.stderr[-300:]}"
    return Path(done.stdout.strip()) / "bin", ""


@dataclass(frozen=True, slots=True)
class PythonClients:
    """Runs clients in a folder of a test, about one project of a service."""

    server: LiveServer
    project: str
    key: str
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """Where the index is."""
        return f"{self.server.url}/pypi/{self.project}"

    @property
    def simple(self) -> str:
        """Where the index is, with the credential in the address."""
        return f"{self.base.replace('://', f'://__token__:{self.key}@')}/simple/"

    def run(self, client: str, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a client; skip the test by its name where it is absent."""
        programs, problem = installed()
        if programs is None or not (programs / client).exists():
            pytest.skip(f"{client}: {problem or 'not installed'}")
        command = [str(programs / client), *arguments]
        environ = {**self.surroundings(programs), **self.environ, **more}
        return subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False,
            timeout=CLIENT_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def surroundings(self, programs: Path) -> dict[str, str]:
        """Return the environment of a client: that of this process without its settings, and a home."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_OTHERS)}
        home = str(self.folder / "home")
        return {
            **kept,
            "HOME": home,
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "PATH": f"{programs}:{kept.get('PATH', '')}",
            "NO_PROXY": "127.0.0.1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_RETRIES": "0",
            "UV_NO_CONFIG": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def put(self, *distributions: PythonDistribution, folder: str = "dist") -> list[str]:
        """Write files into a folder, as builders leave them, and return their paths."""
        place = self.folder / folder
        place.mkdir(exist_ok=True)
        for each in distributions:
            (place / each.filename).write_bytes(each.data)
        return [f"{folder}/{each.filename}" for each in distributions]

    def twine(self, *paths: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Upload with twine."""
        arguments = ("upload", "--non-interactive", "--disable-progress-bar", *paths)
        return self.run(
            "twine", *arguments, TWINE_REPOSITORY_URL=f"{self.base}/legacy/", TWINE_USERNAME="__token__",
            TWINE_PASSWORD=self.key, **more,
        )  # fmt: skip

    def requests(self, since: int) -> list[tuple[str, str, int]]:
        """Return what was asked for since a line of the log: method, route and status."""
        told = [each for each in self.server.told(since) if each["event"] == "request"]
        return [(each["method"], each["route"], each["status"]) for each in told]

    def lines(self) -> int:
        """Return how many lines the log has."""
        return len(self.server.log_lines())
