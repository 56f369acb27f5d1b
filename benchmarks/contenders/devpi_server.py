"""devpi-server: the registry of Python packages that most people run by themselves."""

import base64
import json
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.contenders.contender import Contender, Request
from benchmarks.contenders.environment import installed
from benchmarks.processes import ContenderMissing, answers, free_port, launch, wait_until

PACKAGE, VERSION = "devpi-server", "6.20.3"
USER, PASSWORD, INDEX = "root", "benchmark", "bench"
TROUBLE = 400


class DevpiServer(Contender):
    """Started as its own documentation says, with one index of its own and without a mirror of PyPI."""

    name = "devpi"

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._programs = programs

    def start(self) -> None:
        """Install it once, start it on an empty folder, and make the index."""
        programs = installed(self._programs, PACKAGE, VERSION)
        data = ["--serverdir", str(self.folder / "data")]
        made = [str(programs / "devpi-init"), *data, "--no-root-pypi", "--root-passwd", PASSWORD]
        done = subprocess.run(made, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ContenderMissing(f"devpi-init failed: {done.stderr[-500:]}")
        self.port = free_port()
        command = [str(programs / "devpi-server"), *data, "--host", "127.0.0.1", "--port", str(self.port)]
        self.running = launch(command, folder=self.folder, log=self.log)
        wait_until(lambda: answers(self.port, "/+api"), self.running, self.log)
        self._make_index()

    def _make_index(self) -> None:
        login = self._call("POST", "/+login", {"user": USER, "password": PASSWORD}, {})
        proof = base64.b64encode(f"{USER}:{login['result']['password']}".encode()).decode()
        self._login = {"X-Devpi-Auth": proof}  # a password would be hashed slowly with each upload
        wanted = {"type": "stage", "volatile": True, "bases": []}
        self._call("PUT", f"/{USER}/{INDEX}", wanted, self._login)

    def _call(self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        said = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body), said)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= TROUBLE:
            raise ContenderMissing(f"{method} {path} answered {answer.status}: {text[:300]!r}")
        return json.loads(text)

    @property
    def upload(self) -> Request:
        """Where uploads go."""
        return Request(f"http://127.0.0.1:{self.port}/{USER}/{INDEX}/", self._login)

    @property
    def simple(self) -> Request:
        """Where its simple index is."""
        return Request(f"http://127.0.0.1:{self.port}/{USER}/{INDEX}/+simple/")
