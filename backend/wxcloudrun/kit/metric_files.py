"""How values of metrics get into files that all workers of a server can read.

The library maps its files into memory and lets them grow as holes. Where a hole is written to and the disk
is full, the kernel kills the process (SIGBUS): with /dev/shm full, every worker, again and again. Here blocks
are taken before they are mapped, and a value for which there are none is one of this process alone.
"""

import contextlib
import fcntl
import functools
import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.values import MultiProcessValue, MutexValue

logger = logging.getLogger(__name__)

FIRST_BYTES = 64 * 1024
ENTRY_BYTES = 64  # more than what the library adds to a key
SUMMED = ("counter", "histogram")  # what a dead worker has counted stays counted
OF_THE_DEAD = 0  # the number of no process
LOCK = "lock"


class AllocatedDict(MmapedDict):
    """The library's file of values, with its blocks taken beforehand. Raises OSError where there are none."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001, FBT002  # the library's own
        if not read_mode and not Path(filename).exists():
            make_file(Path(filename))
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]  # the library is typed in part

    def _init_value(self, key: str) -> None:
        capacity = self._capacity
        while self._used + len(key.encode()) + ENTRY_BYTES > capacity:
            capacity *= 2
        if capacity > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]  # the library is typed in part


def make_file(path: Path) -> None:
    """Make a file of zeros, which appears at once with all its blocks. Raises OSError."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, FIRST_BYTES)
        draft.rename(path)
    except OSError:
        draft.unlink()
        raise
    finally:
        os.close(descriptor)


def use() -> None:
    """Let metrics that are made from now on have such values, if this process is one of several."""
    if values.ValueClass is MutexValue:
        return
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined]  # where the library looks for it
    shared = MultiProcessValue()  # type: ignore[no-untyped-call]  # the library is typed in part

    def shared_or_own(*arguments: Any, **options: Any) -> Any:
        try:
            return shared(*arguments, **options)
        except OSError as error:
            say_once(type(error).__name__)
            return MutexValue(*arguments, **options)  # type: ignore[no-untyped-call]  # the library is typed in part

    values.ValueClass = shared_or_own


@functools.cache
def say_once(cause: str) -> None:
    """Write down that there is no room for all metrics; they begin anew with the next server."""
    logger.warning("metrics_without_room", extra={"cause": cause})


@contextlib.contextmanager
def steady(folder: Path, *, to_change: bool) -> Iterator[None]:
    """Keep whoever adds the files of a folder up from seeing one that is being moved to the dead."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if to_change else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def let_go_of(pid: int, folder: Path) -> None:
    """Take what a dead worker had open out of the sums, and put what it has counted to that of all the dead.

    So there is never more than a file for each living worker and one for all dead ones. Raises OSError.
    """
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # the library is typed in part
    with steady(folder, to_change=True):
        for kind in SUMMED:
            move(folder / f"{kind}_{pid}.db", folder / f"{kind}_{OF_THE_DEAD}.db")


def move(source: Path, target: Path) -> None:
    """Add the values in one file to those in another, and remove the first. Raises OSError."""
    if not source.exists():
        return
    sums = AllocatedDict(str(target))
    try:
        # A worker that was killed while it wrote may have left half of an entry.
        with contextlib.suppress(struct.error, RuntimeError, UnicodeDecodeError):
            for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(source)):  # type: ignore[no-untyped-call]  # the library is typed in part
                before, _ = sums.read_value(key)  # type: ignore[no-untyped-call]  # the same
                sums.write_value(key, before + value, timestamp)  # type: ignore[no-untyped-call]  # the same
    finally:
        sums.close()  # type: ignore[no-untyped-call]  # the same
    source.unlink()
