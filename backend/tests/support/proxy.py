"""A TCP proxy that counts bytes and can spoil a connection: stop in the middle of it, or cut it."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCK_BYTES = 64 * 1024
WAIT_SECONDS = 60


@dataclass
class Proxy:
    """Between clients and a server. Limits hold for all connections together, until they are lifted."""

    target: int
    stall_after: int | None = None  # bytes of answers, then nothing more comes
    cut_downloads_at: list[int] = field(default_factory=list)  # counts of answered bytes, each cuts once
    cut_uploads_at: list[int] = field(default_factory=list)  # the same for bytes of requests
    swallow_answers_after: int | None = None  # bytes of requests; the answer that follows is lost, once
    sent: int = 0  # bytes of requests that went to the server
    received: int = 0  # bytes of answers that went to clients
    stall_on: bytes | None = None  # what a request contains whose answer does not come
    stalled: threading.Event = field(default_factory=threading.Event)  # such a request has gone by
    lifted: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Where clients connect."""
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            back = threading.Thread(target=self._answers, args=(server, client), daemon=True)
            back.start()
            self._requests(client, server)
            back.join(WAIT_SECONDS)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := client.recv(BLOCK_BYTES):
                if self.stall_on is not None and self.stall_on in block:
                    self.stalled.set()
                server.sendall(block)
                self.sent += len(block)
                if self.cut_uploads_at and self.sent >= self.cut_uploads_at[0]:
                    self.cut_uploads_at.pop(0)
                    reset(client)
                    break
            server.shutdown(socket.SHUT_WR)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := server.recv(BLOCK_BYTES):
                if self.swallow_answers_after is not None and self.sent >= self.swallow_answers_after:
                    self.swallow_answers_after = None
                    reset(client)
                    return
                enough = self.stall_after is not None and self.received >= self.stall_after
                if enough or self.stalled.is_set():
                    self.lifted.wait(WAIT_SECONDS)
                client.sendall(block)
                self.received += len(block)
                if self.cut_downloads_at and self.received >= self.cut_downloads_at[0]:
                    # With FIN, not RST: that would also take back what the client has not read yet.
                    self.cut_downloads_at.pop(0)
                    break
            client.shutdown(socket.SHUT_WR)


def reset(connection: socket.socket) -> None:
    """End a connection as a broken network does: with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # shutdown wakes whoever reads from it; close alone would wait for them.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextlib.contextmanager
def proxy_to(port: int, **faults: object) -> Iterator[Proxy]:
    """Run a proxy until the block ends."""
    proxy = Proxy(port, **faults)  # type: ignore[arg-type]  # the faults are fields of Proxy
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.lifted.set()
        proxy.listener.close()
