"""One connection from this process, for questions whose time is long beside that of a client in Python."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from benchmarks.contenders.service import PROJECT, RegistryService
from benchmarks.load.curl import Failed


class KeptClient:
    """Asks one instance with its API key; paths that do not begin with /api/ are those of packages."""

    def __init__(self, connection: HTTPConnection, key: str) -> None:
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {key}"}

    @classmethod
    @contextmanager
    def of(cls, service: RegistryService) -> Iterator["KeptClient"]:
        """Connect."""
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        try:
            yield cls(connection, service.key)
        finally:
            connection.close()

    def get(self, path: str) -> None:
        """Read an answer and throw it away. Raises Failed unless it is a success."""
        self._ask("GET", path, None, {})

    def put(self, path: str, body: bytes) -> None:
        """Send bytes."""
        self._ask("PUT", path, body, {})

    def put_json(self, path: str, body: Mapping[str, Any]) -> None:
        """Send a JSON document."""
        self._ask("PUT", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
        full = path if path.startswith("/api/") else f"/api/v1/project/{PROJECT}{path}"
        self._connection.request(method, full, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise Failed(f"{method} {full} answered {answer.status}: {said[:300]!r}")
