"""Redis: the machine's own, or its distribution's package unpacked into a folder."""

import re
import shutil
import socket
from pathlib import Path

from tools.servers.debian import UnpackedPackages
from tools.servers.processes import complete
from tools.servers.server import HOST, Description, Server

# The package's server is a link to the checking program.
PROGRAMS = ("redis-server", "redis-check-rdb", "redis-cli")


class Redis(Server):
    """One Redis that keeps nothing on disk."""

    name = "redis"
    port = 26379

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._unpacked = UnpackedPackages(self.folder, ["redis-server"], PROGRAMS)

    def obtain(self) -> None:
        """Unpack the package unless the machine has Redis."""
        if shutil.which("redis-server") is None:
            self._unpacked.unpack()
        self.data.mkdir(exist_ok=True)

    def _program(self) -> list[str]:
        installed = shutil.which("redis-server")
        return [installed] if installed else self._unpacked.command("redis-server")

    def command(self) -> list[str]:
        """In the foreground, without snapshots."""
        options = {"port": self.port, "bind": HOST, "save": "", "appendonly": "no", "dir": self.data}
        return [
            *self._program(),
            *(part for key, value in options.items() for part in (f"--{key}", str(value))),
        ]

    def is_ready(self) -> bool:
        """One PING."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def describe(self) -> Description:
        """The version is what the program says about itself."""
        said = complete([*self._program(), "--version"], self.folder, seconds=10)
        match = re.search(r"\bv=(\S+)", said)
        return {
            "product": "Redis",
            "version": match[1] if match else "unknown",
            "url": f"redis://{self.address}/0",
        }
