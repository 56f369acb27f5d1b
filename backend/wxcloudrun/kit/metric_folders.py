"""The folder in which the workers of one server write their metrics, and what dead servers have left.

The living hold a lock on their folder: a server that ends in any way, kill -9 among them, lets go of it, and
the next one that starts removes the folder. Nothing here loads the metrics' library, which looks for the
folder when it is loaded.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path

PREFIX = "registry-metrics-"
IN_MEMORY = Path("/dev/shm")  # noqa: S108  # figures, no secrets, in a folder that only its owner can read
LEAST_BYTES = 4 * 1024**2  # what the files of some workers take
OF_PROCESS = re.compile(r"_([0-9]+)\.db")

_held: list[int] = []  # descriptors; workers inherit them, and so the lock


def place() -> Path:
    """Return where such folders lie: in memory, if that has room."""
    if os.access(IN_MEMORY, os.W_OK):
        memory = os.statvfs(IN_MEMORY)
        if memory.f_bavail * memory.f_frsize >= LEAST_BYTES:
            return IN_MEMORY
    return Path(tempfile.gettempdir())


def fresh_folder() -> Path:
    """Make a folder for this server, and remove those of dead ones. Raises OSError."""
    for parent in {IN_MEMORY, Path(tempfile.gettempdir())}:
        remove_dead(parent)
    # Under another name until the lock is held, so that nobody takes it for one that was left behind.
    draft = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=place()))
    descriptor = os.open(draft, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held.append(descriptor)
    return draft.rename(draft.with_name(draft.name.removeprefix(".")))


def remove_dead(parent: Path) -> None:
    """Remove the folders of servers that live no more, as far as they are ours."""
    with contextlib.suppress(OSError):
        for folder in parent.glob(f"{PREFIX}*"):
            if folder.is_dir() and folder.stat().st_uid == os.getuid() and is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)


def is_dead(folder: Path) -> bool:
    """Tell whether nobody holds the lock, and no process runs whose number a file has.

    Servers of earlier releases hold no lock.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    found = (OF_PROCESS.search(path.name) for path in folder.iterdir())
    return not any(is_running(each[1]) for each in found if each is not None and each[1] != "0")


def is_running(process_id: str) -> bool:
    """Tell whether a process runs; a zombie, which its parent has not waited for, does not (proc(5))."""
    try:
        facts = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
    return not facts.rpartition(")")[2].lstrip().startswith(("Z", "X"))
