"""Names in directories that a power cut does not forget.

Paths are text here: every small upload comes by, and pathlib would take longer than the system calls.
"""
# ruff: noqa: PTH104, PTH110, PTH120

import os
from pathlib import Path


def move_durably(source: str | Path, target: str | Path) -> None:
    """Rename, and sync the directories: without that a power cut can forget the name."""
    shard = os.path.dirname(target)
    if not os.path.exists(shard):
        Path(shard).mkdir(exist_ok=True)
        sync_directory(os.path.dirname(shard))
    os.rename(source, target)
    sync_directory(shard)


def sync_directory(directory: str | Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
