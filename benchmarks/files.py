"""The bytes that go in: never the same twice, since a registry stores the same bytes once."""

import hashlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1024 * 1024
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file with a name that is new, and its SHA-256."""

    path: Path
    name: str
    sha256: str
    size_bytes: int


class Samples:
    """Files of one size in a folder; each is changed a little before it is used again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def fresh(self, size_bytes: int, lane: int = 0) -> SampleFile:
        """Return bytes that nobody has seen. The file of a lane is overwritten by the next call."""
        path = self._folder / f"{size_bytes}-{lane}.bin"
        if not path.exists():
            with path.open("wb") as file:
                for start in range(0, size_bytes, BLOCK_BYTES):
                    file.write(os.urandom(min(BLOCK_BYTES, size_bytes - start)))
        with path.open("r+b") as file:
            file.write(os.urandom(32))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return SampleFile(path, f"1.0.{next(_numbers)}", digest, size_bytes)
