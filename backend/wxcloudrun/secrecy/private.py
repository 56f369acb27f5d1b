"""Files that are nobody's business but the service's: whatever it makes, only its own user can read."""

import contextlib
import logging
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

OTHERS = 0o077
OWNER_ONLY = 0o600
SECRET_BYTES = 32


class EmptySecret(Exception):
    """A file that ought to hold a secret holds nothing; the message is its name."""


class SharedDirectory(OSError):
    """A directory that is meant for everybody, such as /tmp."""


def share_nothing() -> None:
    """Let only its own user read what this process makes from now on."""
    os.umask(OTHERS)


def make_private(data_dir: Path) -> None:
    """Make the directory that holds all data, and close it to others; so is whatever this process makes.

    One that was open is closed, with what lies in it. Below that nobody can get, so objects are not looked
    at one by one. Raises SharedDirectory, OSError.
    """
    share_nothing()
    data_dir.mkdir(parents=True, exist_ok=True)
    if data_dir.stat().st_mode & stat.S_ISVTX:
        raise SharedDirectory
    for path in (data_dir, *contents(data_dir), *contents(data_dir / "blobs")):
        close_to_others(path)


def close_database(file: Path) -> None:
    """Close a database of SQLite to others, with its logs; what lies beside it is not ours."""
    for path in file.parent.glob(f"{file.name}*"):
        if not path.is_symlink():
            close_to_others(path)


def contents(directory: Path) -> Iterator[Path]:
    """Return the files and directories in a directory, none if it is not there; links lead elsewhere."""
    if directory.is_dir():
        yield from (path for path in directory.iterdir() if not path.is_symlink())


def close_to_others(path: Path) -> None:
    """Take away what others may do with a file or directory, if they may do anything."""
    with contextlib.suppress(FileNotFoundError):  # SQLite removes its logs when the last connection ends
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            try:
                path.chmod(mode & ~OTHERS)
            except OSError as error:
                # Somebody else's, or a disk that can only be read: what is made from now on is private.
                facts = {"file": path.name, "cause": type(error).__name__}
                logger.warning("data_open_to_others", extra=facts)


def kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner can read, made at the first call.

    Once it is there nothing is written, so that a service starts on a disk that is full or read-only.
    Raises EmptySecret, OSError.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        make_secret(path)
    kept = path.read_text()
    if not kept:
        raise EmptySecret(path.name)
    return kept


def change_secret(path: Path, previous: Path) -> None:
    """Put another secret into a file, and what it held into another file. Raises OSError.

    If the machine stops in between, both files hold the secret that was there.
    """
    draft = drafted(previous, path.read_text())
    draft.replace(previous)
    drafted(path, secrets.token_urlsafe(SECRET_BYTES)).replace(path)


def make_secret(path: Path) -> None:
    """Make a file with a secret; of several processes that do so at once one wins. Raises OSError."""
    draft = drafted(path, secrets.token_urlsafe(SECRET_BYTES))
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def drafted(path: Path, secret: str) -> Path:
    """Return a file beside `path` with a secret in it, which only has to get its name. Raises OSError."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(descriptor)  # before it has its name: after a power cut it is whole or not there
    except BaseException:
        draft.unlink()
        raise
    return draft
