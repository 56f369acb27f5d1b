"""What every contender can do, whatever protocol it speaks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import RunningServer


@dataclass(frozen=True, slots=True)
class Request:
    """Where and how to ask for something, with curl or a load tool."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)


class Contender(ABC):
    """A server with a folder of its own. Raises ContenderMissing at the start if it cannot be had."""

    name: str
    running: RunningServer | None = None  # None for a server that others started

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """End what `start` has started."""
        if self.running is not None:
            self.running.stop()

    def clear(self) -> None:  # noqa: B027  # most have nothing to do
        """Remove the large files that were put in, so that the disk does not fill up."""
