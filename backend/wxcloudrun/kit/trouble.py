"""What can be wrong with a database or a disk: it is full, locked, read-only, or does not answer.

The four ask for different things from whoever looks after the service, so they are told apart in answers,
in the log and by /api/ready.
"""

import enum
import errno
import os
import re
import sqlite3
from pathlib import Path


class Trouble(enum.StrEnum):
    """Why something cannot be written, or not even read."""

    FULL = "full"
    LOCKED = "locked"
    READ_ONLY = "read_only"
    UNREACHABLE = "unreachable"


LEAST_BYTES = 128 * 1024  # SQLite takes 32 KiB to open a database, and as much again for a small commit
LEAST_FILES = 4

OPERATING_SYSTEM = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EROFS: Trouble.READ_ONLY,
}
SQLITE = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
}
# https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
MYSQL = {
    1021: Trouble.FULL,  # ER_DISK_FULL
    1114: Trouble.FULL,  # ER_RECORD_FILE_FULL: "The table is full"
    1205: Trouble.LOCKED,  # ER_LOCK_WAIT_TIMEOUT
    1213: Trouble.LOCKED,  # ER_LOCK_DEADLOCK
    1036: Trouble.READ_ONLY,  # ER_OPEN_AS_READONLY
    1290: Trouble.READ_ONLY,  # ER_OPTION_PREVENTS_STATEMENT: --read-only, --super-read-only
    1836: Trouble.READ_ONLY,  # ER_READ_ONLY_MODE
    1874: Trouble.READ_ONLY,  # ER_INNODB_READ_ONLY
}
# Where MySQL hands an error of the operating system on, the number stands in the text:
# "Error writing file './x' (OS errno 28 - No space left on device)", "Got error 28 from storage engine".
WITHIN_TEXT = re.compile(r"(?:errno|Errcode:|Got error) (\d+)")


def trouble_of(error: BaseException | None, directory: Path | None = None) -> Trouble:
    """Return what an error of a database's driver or of the operating system means.

    SQLite calls some failures of its disk just an I/O error; then the disk with `directory` is looked at.
    """
    if isinstance(error, sqlite3.Error):
        primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte of an extended code
        return SQLITE.get(primary_code) or state_of(directory) or Trouble.UNREACHABLE
    if isinstance(error, OSError):
        return OPERATING_SYSTEM.get(error.errno or 0, Trouble.UNREACHABLE)
    match getattr(error, "args", ()):
        case (int(number), str(text)):  # as PyMySQL has them
            return MYSQL.get(number) or within(text)
    return Trouble.UNREACHABLE


def within(text: str) -> Trouble:
    """Return what an error of the operating system means that MySQL has put into its text."""
    found = WITHIN_TEXT.search(text)
    return OPERATING_SYSTEM.get(int(found[1]), Trouble.UNREACHABLE) if found else Trouble.UNREACHABLE


def state_of(directory: Path | None) -> Trouble | None:
    """Return what is wrong with the disk that holds a directory, None if nothing can be seen from here."""
    try:
        disk = None if directory is None else os.statvfs(directory)
    except OSError:
        return Trouble.UNREACHABLE
    if disk is None:
        return None
    if disk.f_flag & os.ST_RDONLY:
        return Trouble.READ_ONLY
    has_files_left = not disk.f_files or disk.f_favail >= LEAST_FILES  # some file systems do not count them
    return None if has_files_left and disk.f_bavail * disk.f_frsize >= LEAST_BYTES else Trouble.FULL
