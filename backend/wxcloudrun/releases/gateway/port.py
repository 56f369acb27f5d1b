"""What a source is to those who want bytes from it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from wxcloudrun.releases.rules.build_log import BuildLog
from wxcloudrun.releases.rules.sources import Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bytes are wanted, and from where."""

    name: str
    version: str
    source: Source


@dataclass(frozen=True, slots=True)
class Material:
    """Bytes on their way in. `blocks` raises what `obtain` raises."""

    filename: str
    content_type: str | None
    blocks: Iterator[bytes]
    announced_bytes: int | None = None
    sha256: str | None = None  # what they must be, if that is known beforehand


@dataclass(frozen=True, slots=True)
class Watch:
    """What whoever works on a request has to mind."""

    log: BuildLog
    still_wanted: Callable[[], None]  # called every second or so; what it raises ends the work


class SourceGateway(Protocol):
    """Obtains bytes from one kind of source."""

    def obtain(self, wanted: Wanted, watch: Watch) -> AbstractContextManager[Material]:
        """Open the bytes; what they need is held until the block ends.

        Raises NotObtained, or NotThisTime if another attempt may succeed.
        """
