"""Disks of a few megabytes, for tests that fill them; they need the right to mount."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MIB = 1024**2


@contextlib.contextmanager
def small_disk(folder: Path, *, mebibytes: int = 64, kind: str = "tmpfs") -> Iterator[Path]:
    """Mount a disk of so many MiB and yield where; skip the test by name if that is not allowed here.

    `kind` is `tmpfs`, in memory, or `ext4`, in a file beside it.
    """
    place, image = folder / "disk", folder / "disk.img"
    place.mkdir()
    if kind == "ext4":
        image.write_bytes(b"")
        os.truncate(image, mebibytes * MIB)
        run("mkfs.ext4", "-q", "-m", "0", str(image))
        run("mount", "-o", "loop", str(image), str(place))
    else:
        run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        image.unlink(missing_ok=True)


def run(*command: str) -> None:
    """Run a command of the system; skip the test if it cannot be."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip(f"no small disk: there is no {command[0]}")
    if done.returncode != 0:
        pytest.skip(f"no small disk: {command[0]} says {done.stderr.strip()}")


def free_bytes(place: Path) -> int:
    """Return how much room a disk has."""
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize


def fill(place: Path, *, leave_bytes: int = 0) -> Path:
    """Fill a disk as another program does, down to so many bytes; return the file that does it."""
    filler = place / "filler"
    block = bytes(64 * 1024)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while (room := free_bytes(place) - leave_bytes) > 0:
            file.write(block[: min(len(block), max(room, 1))])
    return filler
