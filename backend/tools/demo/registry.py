"""A registry for the length of the demonstration, and the few requests that it takes to use it."""

import contextlib
import hashlib
import os
import random
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tools.demo.sources import PublishedFile

BACKEND = Path(__file__).resolve().parents[2]
ADMIN_EMAIL = "demo@example.com"
FIRST_PORT, LAST_PORT = 20_000, 32_000  # above them the system hands ports out to outgoing connections
START_SECONDS = 30
STOP_SECONDS = 40
ANSWER_SECONDS = 30
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH")


class RegistryError(Exception):
    """The registry did not start, or did not answer as the contract promises."""


@dataclass(frozen=True, slots=True)
class Download:
    """What came for a ref: the digest of the bytes, and the one that the answer claims."""

    sha256: str
    claimed_sha256: str
    size_bytes: int


class Registry:
    """A logged-in client of one registry."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        self._session = requests.Session()
        credentials = {"email": ADMIN_EMAIL, "password": password}
        token = self._ask("POST", "/api/v1/auth/login", json=credentials)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            response = self._session.request(method, self.url + path, timeout=ANSWER_SECONDS, **options)
        except requests.RequestException as error:
            raise RegistryError(f"{method} {path} got no answer: {error}") from error
        if not response.ok:
            raise RegistryError(f"{method} {path} answered {response.status_code}: {response.text[:300]}")
        return response

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        data: dict[str, Any] = self._send(method, path, **options).json()["data"]
        return data

    def make_project(self, project: str) -> None:
        """Create a private project."""
        self._ask("POST", "/api/v1/projects", json={"name": project})

    def make_key(self, name: str) -> str:
        """Make an API key for programs that log in with one."""
        return str(self._ask("POST", "/api/v1/auth/keys", json={"name": name})["key"])

    def make_package(self, project: str, package: str) -> None:
        """Create a package."""
        self._ask("POST", f"/api/v1/project/{project}/packages", json={"name": package})

    def upload(self, project: str, package: str, file: PublishedFile, *, tag: str | None) -> dict[str, Any]:
        """Send a file as it is; the registry finds the version out by itself."""
        path = f"/api/v1/project/{project}/{package}/upload/{quote(file.path.name)}"
        with file.path.open("rb") as body:
            headers = {"X-Checksum-SHA256": file.sha256}
            return self._ask("PUT", path, data=body, headers=headers, params={"tag": tag} if tag else {})

    def resolve(self, project: str, package: str, ref: str) -> dict[str, Any]:
        """Ask what a ref means."""
        return self._ask("GET", f"/api/v1/project/{project}/{package}/resolve", params={"ref": ref})

    def download(self, project: str, package: str, ref: str) -> Download:
        """Fetch the bytes behind a ref and hash them."""
        response = self._send("GET", f"/api/v1/project/{project}/{package}/+/{quote(ref, safe='')}")
        body = response.content
        return Download(hashlib.sha256(body).hexdigest(), response.headers["X-Checksum-SHA256"], len(body))


@contextlib.contextmanager
def running_registry(folder: Path) -> Iterator[Registry]:
    """Serve a fresh registry from `folder` as production would, until the block ends."""
    port, password = free_port(), secrets.token_urlsafe(16)
    environment = {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "PORT": str(port),
        "WORKERS": "1",
        "LOG_LEVEL": "WARNING",
        "DATA_DIR": str(folder / "data"),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": password,
        "FLASK_SKIP_DOTENV": "1",
    }
    with served(folder, environment):
        yield Registry(f"http://127.0.0.1:{port}", password)


@contextlib.contextmanager
def served(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Serve with these settings until the block ends. RegistryError if it does not start."""
    log = folder / "log"
    with log.open("wb") as out:
        common: dict[str, Any] = {"cwd": BACKEND, "env": environment, "stdout": out, "stderr": out}
        initialized = subprocess.run([sys.executable, "-m", "flask", "init"], check=False, **common)
        if initialized.returncode:
            raise RegistryError(f"`flask init` failed:\n{log.read_text()}")
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        server = subprocess.Popen(gunicorn, **common)
    try:
        wait_until_ready(server, int(environment["PORT"]), log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the registry answers; RegistryError with its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"http://127.0.0.1:{port}/api/health", timeout=2).ok:
                return
        time.sleep(0.1)
    raise RegistryError(f"the registry did not start:\n{log.read_text()}")


def free_port() -> int:
    """Return a port on which nobody listens."""
    for port in random.sample(range(FIRST_PORT, LAST_PORT), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RegistryError("no free port was found")
