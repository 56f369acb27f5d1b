"""The service as production runs it: gunicorn with the project's configuration."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.contenders.contender import Contender, Request
from benchmarks.files import SampleFile
from benchmarks.load import curl
from benchmarks.processes import ContenderMissing, answers, free_port, launch, wait_until

BACKEND = Path(__file__).resolve().parents[2] / "backend"
EMAIL, PASSWORD = "admin@example.com", "a password for benchmarks"
PROJECT, PACKAGE = "bench", "transfers"
LINK_SECONDS = 1
SETTLE_SECONDS = 120


class RegistryService(Contender):
    """One instance with its own data; `settings` are environment variables."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.name = name
        self._settings = dict(settings or {})

    def start(self) -> None:
        """Migrate, start, and make a key, a project and a package."""
        self.prepare()
        self.launch()
        self._token = self._log_in()
        self.key = self.call("POST", "/auth/keys", {"name": "benchmark"})["key"]
        self.call("POST", "/projects", {"name": PROJECT})
        self.make_package(PACKAGE)

    def prepare(self) -> None:
        """Make the schema and choose the settings: those of production but for what lets files go at once."""
        self.port = free_port()
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ = {
            **inherited,
            "PORT": str(self.port),
            "DATA_DIR": str(self.folder / "data"),
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": PASSWORD,
            "GC_GRACE_SECONDS": "0",
            "LINK_SECONDS": str(LINK_SECONDS),
            "ACCESS_TOKEN_SECONDS": "86400",  # a run may last for hours
            "RATELIMIT_LOGIN": "1000/minute",
            "UPLOADS_PER_CLIENT": "0",
            "DOWNLOADS_PER_CLIENT": "0",  # all clients of a benchmark are one person
            **self._settings,
        }
        self.flask("init")

    def launch(self) -> None:
        """Start gunicorn and wait until the service is ready."""
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        self.running = launch(command, folder=BACKEND, log=self.log, environ=self.environ)
        wait_until(lambda: answers(self.port, "/api/ready"), self.running, self.log)

    def flask(self, *arguments: str) -> str:
        """Run one of the service's commands. Raises ContenderMissing if it fails."""
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(
            command, cwd=BACKEND, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):
            raise ContenderMissing(f"flask {arguments[0]} failed: {done.stderr[-500:]}")
        return done.stdout

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the API as the administrator and return `data`."""
        headers = {"Authorization": f"Bearer {self._token}"} if path != "/auth/login" else {}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, f"/api/v1{path}", content, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise curl.Failed(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text)["data"] if text else None

    def _log_in(self) -> str:
        self._token = ""
        token: str = self.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})["access_token"]
        return token

    def make_package(self, name: str) -> None:
        """Make one more package in the project of the benchmark."""
        self.call("POST", f"/project/{PROJECT}/packages", {"name": name})

    def request(self, path: str, package: str = PACKAGE, **headers: str) -> Request:
        """Where something in a package is, for a program with an API key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.port}/api/v1/project/{PROJECT}/{package}{path}"
        return Request(url, {"Authorization": f"Bearer {self.key}", **named})

    def put(self, sample: SampleFile) -> None:
        """Upload the raw body under a version of its own."""
        curl.put(sample.path, self.request(f"/upload/{sample.path.name}?version={sample.name}"))

    def put_form(self, sample: SampleFile) -> None:
        """Upload a form with the file."""
        fields = {"version": sample.name}
        curl.form(sample.path, self.request("/upload"), "file", sample.path.name, fields)

    def get(self, sample: SampleFile) -> Request:
        """Where an uploaded version is read."""
        return self.request(f"/+/version:{sample.name}")

    def settle(self) -> None:
        """Return when the jobs that uploads left behind are done, so that they do not cost the next one."""
        deadline = time.monotonic() + SETTLE_SECONDS
        for state in ("queued", "running"):
            while self.call("GET", f"/jobs?state={state}&limit=1")["items"] and time.monotonic() < deadline:
                time.sleep(0.2)

    def clear(self) -> None:
        """Delete what was uploaded and collect it, once the links have expired."""
        path = f"/project/{PROJECT}/{PACKAGE}"
        uploaded = self.call("GET", f"{path}/versions?limit=200")["items"]
        if not uploaded:
            return  # collecting takes seconds, and most instances take no part in a work
        for listed in uploaded:
            self.call("DELETE", f"{path}/versions/{listed['version']}")
        self.flask("collect")
        time.sleep(LINK_SECONDS + 0.2)
        self.flask("collect")
