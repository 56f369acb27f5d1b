"""A real HTTPS server on the loopback interface, under an authority that only the tests know."""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from tests.support.live import free_port

NAME = "localhost"


@dataclass(slots=True)
class FileServer:
    """What the server gives for each path, and what it was asked."""

    port: int
    ca_file: Path
    answers: dict[str, Callable[["TlsExchange"], None]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """What an administrator would allow."""
        return f"{NAME}:{self.port}"

    def url(self, path: str) -> str:
        """Return where a path is."""
        return f"https://{self.host}{path}"

    def gives(self, path: str, answer: Callable[["TlsExchange"], None]) -> str:
        """Let a path answer in some way, and return its URL."""
        self.answers[path] = answer
        return self.url(path)

    def settings(self, **more: str) -> dict[str, str]:
        """Return the settings with which a service may fetch from here."""
        allowed = {"URL_SOURCE_HOSTS": self.host, "URL_SOURCE_ALLOW_PRIVATE": "true"}
        return {**allowed, "URL_SOURCE_CA_FILE": str(self.ca_file), **more}


class TlsExchange(BaseHTTPRequestHandler):
    """One request."""

    server: Any
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the test wants."""
        files: FileServer = self.server.files
        files.seen.append((self.path, dict(self.headers.items())))
        with contextlib.suppress(OSError):  # whoever asked has gone
            files.answers[self.path.partition("?")[0]](self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def head(self, status: int, **headers: str) -> None:
        """Send the status and these headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


def body(data: bytes, *, announced: int | None = None, status: int = 200) -> Callable[[TlsExchange], None]:
    """Answer with bytes; `announced` is another length than theirs."""

    def answer(exchange: TlsExchange) -> None:
        exchange.head(status, Content_Length=str(len(data) if announced is None else announced))
        exchange.wfile.write(data)
        exchange.close_connection = True

    return answer


def chunked(blocks: Iterator[bytes]) -> Callable[[TlsExchange], None]:
    """Answer without saying how long it will be."""

    def answer(exchange: TlsExchange) -> None:
        exchange.head(200, Transfer_Encoding="chunked")
        for block in blocks:
            exchange.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        exchange.wfile.write(b"0\r\n\r\n")

    return answer


def slowly(seconds: float, *, pieces: int) -> Callable[[TlsExchange], None]:
    """Answer byte by byte, with a pause before each."""

    def answer(exchange: TlsExchange) -> None:
        exchange.head(200, Content_Length=str(pieces))
        for _ in range(pieces):
            time.sleep(seconds)
            exchange.wfile.write(b"x")
            exchange.wfile.flush()

    return answer


def redirect(location: str, *, status: int = 302) -> Callable[[TlsExchange], None]:
    """Answer with a redirect."""
    return lambda exchange: exchange.head(status, Location=location, Content_Length="0")


@contextlib.contextmanager
def file_server(folder: Path, name: str = NAME) -> Iterator[FileServer]:
    """Run a server whose certificate is for `name` until the block ends."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", free_port()), TlsExchange) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        files = FileServer(server.server_address[1], ca_file)
        server.files = files  # type: ignore[attr-defined]  # the handler finds it there
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
