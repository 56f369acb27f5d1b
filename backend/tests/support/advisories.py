"""Another registry that knows about weaknesses, on a socket of its own; it keeps what it was told."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, override


class AdvisoryServer(ThreadingHTTPServer):
    """Answers every question with `answer`, and keeps the questions."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AdvisoryHandler)
        self.asked: list[tuple[str, Any]] = []
        self.answer: bytes = b"{}"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.pause_seconds = 0.0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class AdvisoryHandler(BaseHTTPRequestHandler):
    """One question."""

    server: AdvisoryServer

    def do_POST(self) -> None:
        """Keep the question, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        time.sleep(self.server.pause_seconds)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.answer)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def advisory_server() -> Iterator[AdvisoryServer]:
    """Answer questions until the block ends."""
    with AdvisoryServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
