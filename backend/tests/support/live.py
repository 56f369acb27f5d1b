"""A real server: gunicorn with its own data, started as production starts it, spoken to over sockets."""

import atexit
import contextlib
import functools
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.support.client import Answer, ApiClient, checked

BACKEND = Path(__file__).resolve().parents[2]
FIRST_PORT, LAST_PORT = 20_000, 32_000  # below the range from which the kernel takes client ports
# API keys, refresh tokens, access tokens (JWT), and the tokens of signed links.
SECRET = re.compile(r"wxr_[\w-]{20}|wxru_[\w-]{20}|wxrt_\w{20}|eyJ[\w-]{10,}\.|(?<!stores)/blobs/[^<\s\"]")
START_SECONDS = 90  # a busy machine takes its time
ELSEWHERE = {"DATABASE_URL", "BLOB_STORE"}  # settings of where the data is
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "an administrator's password"


@dataclass(slots=True)
class LiveServer:
    """One running service."""

    port: int
    data_dir: Path
    environ: Mapping[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str | None = None) -> ApiClient:
        """Return a client that checks envelopes, over real HTTP."""
        return ApiClient(self._send, token)

    def administrator(self) -> ApiClient:
        """Log in as the administrator."""
        credentials = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        answer = self.client().post("/api/v1/auth/login", credentials).ok()
        return self.client(str(answer.data["access_token"]))

    def flask(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run one of the service's commands on its machine."""
        command = [sys.executable, "-m", "flask", *arguments]
        return subprocess.run(command, cwd=BACKEND, env=self.environ, check=True, capture_output=True)

    def resident_bytes(self) -> int:
        """Return the memory of the server and its workers, in bytes."""
        master = psutil.Process(self.process.pid)
        total = 0
        for each in (master, *master.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += each.memory_info().rss
        return total

    def objects(self) -> set[Path]:
        """Return every object of the local store, finished or not.

        Those of a content that was there already go in the background, whenever it likes: what is left of a
        test are those that were not there before it.
        """
        return {path for path in (self.data_dir / "blobs").rglob("*") if path.is_file()}

    def log_lines(self) -> list[str]:
        """Return what the server has logged."""
        return self.log.read_text().splitlines()

    def told(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the lines of requests, and every complaint, from the line with this number on.

        What periodic tasks tell of their work is left out: they come by whenever they like.
        """
        lines = [json.loads(line) for line in self.log_lines()[since:]]
        return [line for line in lines if line["event"] == "request" or line["level"] != "INFO"]

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        options["params"] = options.pop("query", None)
        if form := options.pop("form", None):
            options["files"] = {
                name: (value[1], value[0]) if isinstance(value, tuple) else (None, value)
                for name, value in form.items()
            }
        response = requests.request(method, self.url + path, timeout=120, allow_redirects=False, **options)
        return checked(method, response.status_code, dict(response.headers), response.content, path)


def free_port(following: int = 0) -> int:
    """Return a port that nobody listens on, nor on so many that follow it."""
    # From a random one on: test processes that run side by side must not look at the same ports, since
    # a server may take seconds before it listens.
    for port in range(FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT - 1000), LAST_PORT):
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for each in range(port, port + following + 1):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", each))
            return port
    message = "no free port"
    raise RuntimeError(message)


@contextlib.contextmanager
def live_server(data_dir: Path, *, within: Sequence[str] = (), **settings: str) -> Iterator[LiveServer]:
    """Run a service on a fresh schema until the block ends; `within` is a command that runs the server's."""
    port = free_port()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PORT": str(port),
        "DATA_DIR": str(data_dir),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        **settings,
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "server.log"
    if ELSEWHERE & settings.keys() or any(data_dir.iterdir()):
        initialise(environ)
    else:
        shutil.copytree(fresh_data(), data_dir, dirs_exist_ok=True)
    server = LiveServer(port, data_dir, environ, start(environ, log, within), log)
    try:
        wait_until_ready(server)
        yield server
    finally:
        server.session.close()
        stop(server.process)
    refuse_secrets(server)


def initialise(environ: Mapping[str, str]) -> None:
    """Make the schema and the administrator."""
    subprocess.run([sys.executable, "-m", "flask", "init"], cwd=BACKEND, env=environ, check=True)


@functools.cache
def fresh_data() -> Path:
    """Return what `flask init` makes of an empty directory, which takes seconds and is always the same."""
    data_dir = Path(tempfile.mkdtemp(prefix="registry-tests-"))
    atexit.register(shutil.rmtree, data_dir)
    administrator = {"ADMIN_EMAIL": ADMIN_EMAIL, "ADMIN_PASSWORD": ADMIN_PASSWORD}
    initialise({"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), **administrator})
    return data_dir


def refuse_secrets(server: LiveServer) -> None:
    """Fail if anything that opens doors has got into the log, whatever the tests did with the server."""
    log = server.log.read_text()
    secret_names = ("PASSWORD", "_SECRET", "SECRET_KEY")
    given = [value for name, value in server.environ.items() if name.endswith(secret_names) and value]
    assert not [secret for secret in given if secret in log], "a secret of the settings is in the log"
    assert SECRET.search(log) is None, "a token, a key or a signed link is in the log"


def start(environ: Mapping[str, str], log: Path, within: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
    """Start gunicorn with the project's own configuration."""
    command = [*within, sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
    with log.open("ab") as output:
        return subprocess.Popen(command, cwd=BACKEND, env=environ, stdout=output, stderr=output)


def wait_until_ready(server: LiveServer) -> None:
    """Return when the service answers; fail with its log if it does not.

    One without its Redis is not ready, but works: a test may want it so.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            answer = requests.get(server.url + "/api/ready", timeout=5)
            if answer.status_code == 200 or answer.json()["data"].get("down") == ["queue"]:
                return
        time.sleep(0.05)
    message = "the server did not start:\n" + server.log.read_text()[-4000:]
    raise AssertionError(message)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server that we started, its workers with it."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
