"""How much room a disk has, and how much of it is kept so that deleting still works when it is full.

Uploads stop before a disk is full. What is left then is the reserve: in it the database can write what a
deletion, a collection or a start needs. What other programs write can still use it up.
"""

import os
from dataclasses import dataclass
from pathlib import Path

USUAL_BYTES = 512 * 1024**2
USUAL_SHARE = 20  # a twentieth of the disk, if that is less
MOST_SHARE = 2  # of a small disk, half stays usable whatever the setting says
FILES_SHARE, MOST_FILES = 100, 1000  # a disk can also run out of files


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system that holds a directory. `reserve_bytes` is None for what is usual."""

    directory: Path
    reserve_bytes: int | None = None

    def has_room_for(self, size_bytes: int, *, reserve_share: int = 1) -> bool:
        """Tell whether so much fits without touching the reserve, or a share of it: 2 is its half.

        Raises OSError.
        """
        disk = os.statvfs(self.directory)
        kept_files = min(disk.f_files // FILES_SHARE, MOST_FILES) // reserve_share
        has_files = not disk.f_files or disk.f_favail > kept_files  # some file systems do not count them
        kept_bytes = self._kept_bytes(disk) // reserve_share
        return has_files and disk.f_bavail * disk.f_frsize - size_bytes >= kept_bytes

    def kept_bytes(self) -> int:
        """Return the size of the reserve. Raises OSError."""
        return self._kept_bytes(os.statvfs(self.directory))

    def _kept_bytes(self, disk: os.statvfs_result) -> int:
        whole = disk.f_blocks * disk.f_frsize
        usual = min(USUAL_BYTES, whole // USUAL_SHARE)
        return min(usual if self.reserve_bytes is None else self.reserve_bytes, whole // MOST_SHARE)
