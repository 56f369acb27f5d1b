"""Names in directories that a power cut does not forget."""

import os
from pathlib import Path


def move_durably(source: Path, target: Path) -> None:
    """Rename, and sync the directories: without that a power cut can forget the name."""
    shard = target.parent
    if not shard.exists():
        shard.mkdir(exist_ok=True)
        sync_directory(shard.parent)
    source.rename(target)
    sync_directory(shard)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
