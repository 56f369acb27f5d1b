"""What a backing server is: how it is obtained, started, recognised and described."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

HOST = "127.0.0.1"
ACCESS_KEY = "registry"
SECRET = "registry-secret"  # noqa: S105  # guards throw-away data on the loopback interface
BUCKET = "registry"

Description = dict[str, str | int]


class ServerMissing(Exception):
    """A server cannot be had on this machine; the message says why."""


class Server(ABC):
    """One backing server with a folder of its own below the common home.

    Ports lie below 32768: above it the system hands them out to outgoing connections.
    """

    name: ClassVar[str]
    port: int
    start_seconds: ClassVar[int] = 30
    start_attempts: ClassVar[int] = 1

    def __init__(self, home: Path) -> None:
        self.folder = home / self.name
        self.data = self.folder / "data"

    @property
    def address(self) -> str:
        """Where clients find it, as host:port."""
        return f"{HOST}:{self.port}"

    @abstractmethod
    def obtain(self) -> None:
        """Bring the program and an empty data folder here, once. Raises ServerMissing."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""

    def environment(self) -> Mapping[str, str]:
        """Return the variables that the command needs besides the inherited ones."""
        return {}

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether it serves, and make the bucket or database that clients expect."""

    @abstractmethod
    def describe(self) -> Description:
        """Return product, version, address and credentials of the running server."""
