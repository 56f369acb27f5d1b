"""Files of this machine: which ones are meant, and their bytes on the way out."""

import glob
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, NoReturn

from pkgctl.errors import ExitCode, LocalProblem
from pkgctl.transfers.retrying import Stopped

BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file, and its path below the folder that was named; of a file that was named itself, its name."""

    path: Path
    below: PurePath


def named_files(arguments: Iterable[str]) -> list[LocalFile]:
    """Return the files that paths, folders and patterns name, each once, in a stable order.

    Folders are searched to the bottom; hidden files in them are left out, because they are rarely meant.
    Raises LocalProblem for an argument that names nothing.
    """
    found: dict[Path, LocalFile] = {}
    for argument in arguments:
        for file in files_of(argument):
            found.setdefault(file.path.resolve(), file)
    return list(found.values())


def files_of(argument: str) -> list[LocalFile]:
    """Return the files that one argument names."""
    path = Path(argument)
    if path.is_file():
        return [LocalFile(path, PurePath(path.name))]
    if path.is_dir():
        files = in_folder(path)
    else:
        # A shell expands patterns itself, unless they are quoted or there is no shell.
        matches = map(Path, glob.iglob(argument, recursive=True))  # noqa: PTH207 - it may be absolute
        files = [
            file
            for match in sorted(matches)
            for file in ([LocalFile(match, PurePath(match.name))] if match.is_file() else in_folder(match))
        ]
    if not files:
        raise LocalProblem(f"{argument}: no such file", ExitCode.USAGE, reason="no_file")
    return files


def in_folder(folder: Path) -> list[LocalFile]:
    """Return the files in a folder and all below it, in a stable order."""
    return [LocalFile(path, path.relative_to(folder)) for path in sorted(files_below(folder))]


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and all below it but hidden ones; links are followed.

    Raises LocalProblem for what cannot be read: it was meant, and would be missing without a word.
    """
    seen: set[Path] = set()
    for where, folders, names in os.walk(folder, onerror=refuse_unreadable, followlinks=True):
        if (real := Path(where).resolve()) in seen:  # a link back would have no bottom
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            path = Path(where, name)
            if name.startswith("."):
                continue
            if not path.exists():
                raise LocalProblem(f"{path} is a link to nothing", ExitCode.USAGE, reason="no_file")
            if path.is_file():
                yield path


def refuse_unreadable(error: OSError) -> NoReturn:
    """Raise LocalProblem for a folder that cannot be listed."""
    raise LocalProblem(
        f"{error.filename} cannot be read: {error.strerror}", ExitCode.USAGE, reason="unreadable"
    ) from error


def digest_of(file: BinaryIO, stop: threading.Event, moved: Callable[[int], None]) -> tuple[str, int]:
    """Return the SHA-256 and the number of bytes from here to the end. Raises Stopped."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(BLOCK_BYTES):
        if stop.is_set():
            raise Stopped
        digest.update(block)
        size += len(block)
        moved(len(block))
    return digest.hexdigest(), size


class OutgoingFile:
    """A file, or a part of it, as the body of a request.

    It has as many bytes as were announced, and is never in memory as a whole.
    """

    def __init__(
        self,
        file: BinaryIO,
        size: int,
        stop: threading.Event,
        moved: Callable[[int], None],
        *,
        start: int = 0,
    ) -> None:
        file.seek(start)
        self._file = file
        self._size = size
        self._left = size
        self._stop = stop
        self._moved = moved

    def __len__(self) -> int:
        """Return the number of bytes, which becomes Content-Length."""
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes; only that this exists tells `requests` to stream."""
        while block := self.read(BLOCK_BYTES):
            yield block

    def read(self, count: int) -> bytes:
        """Return the next bytes. Raises Stopped, or LocalProblem if the file has become shorter."""
        if self._stop.is_set():
            raise Stopped
        block = self._file.read(min(count, self._left))
        if not block and self._left:
            raise LocalProblem("the file became shorter while it was sent", reason="file_changed")
        self._left -= len(block)
        self._moved(len(block))
        return block
