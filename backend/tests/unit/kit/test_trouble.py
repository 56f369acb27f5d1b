"""Full, locked, read-only or away: what the errors of databases and disks mean."""

import os
import sqlite3
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.support.apps import MakeApp
from wxcloudrun.kit.db import trouble_with_database
from wxcloudrun.kit.trouble import LEAST_BYTES, Trouble, state_of, trouble_of
from wxcloudrun.web.failures import refusal_of

FULL, LOCKED, READ_ONLY, UNREACHABLE = Trouble.FULL, Trouble.LOCKED, Trouble.READ_ONLY, Trouble.UNREACHABLE


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """Make an error as the driver raises it."""
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


def mysql_error(number: int, text: str) -> pymysql.err.MySQLError:
    """Make an error as the driver raises it: it has an exception for each number."""
    with pytest.raises(pymysql.err.MySQLError) as raised:
        pymysql.err.raise_mysql_exception(b"\xff" + number.to_bytes(2, "little") + b"#HY000" + text.encode())
    return raised.value


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "trouble"),
        [
            (sqlite3.SQLITE_BUSY, LOCKED),
            (sqlite3.SQLITE_BUSY_SNAPSHOT, LOCKED),
            (sqlite3.SQLITE_LOCKED, LOCKED),
            (sqlite3.SQLITE_FULL, FULL),
            (sqlite3.SQLITE_READONLY, READ_ONLY),
            (sqlite3.SQLITE_READONLY_DIRECTORY, READ_ONLY),
            (sqlite3.SQLITE_IOERR, UNREACHABLE),
            (sqlite3.SQLITE_CANTOPEN, UNREACHABLE),
            (sqlite3.SQLITE_ERROR, UNREACHABLE),
        ],
    )
    def test_given_an_error_of_sqlite_then_its_code_says_it(self, code: int, trouble: Trouble) -> None:
        assert trouble_of(sqlite_error(code)) is trouble

    # What the servers say: MySQL 8.4 and MariaDB 11, from their lists of errors.
    @pytest.mark.parametrize(
        ("number", "text", "trouble"),
        [
            (1114, "The table 'uploads' is full", FULL),
            (1021, "Disk full (/tmp/#sql); waiting for someone to free some space...", FULL),
            (3, "Error writing file './binlog.000002' (OS errno 28 - No space left on device)", FULL),
            (1026, "Error writing file './x.ibd' (OS errno 28 - No space left on device)", FULL),
            (1030, "Got error 28 - 'No space left on device' from storage engine", FULL),
            (1030, "Got error 28 from storage engine", FULL),
            (3, 'Error writing file "/var/lib/mysql/x" (Errcode: 28 "No space left on device")', FULL),
            (1026, "Error writing file './x.ibd' (OS errno 30 - Read-only file system)", READ_ONLY),
            (1205, "Lock wait timeout exceeded; try restarting transaction", LOCKED),
            (1213, "Deadlock found when trying to get lock; try restarting transaction", LOCKED),
            (1290, "The MySQL server is running with the --super-read-only option", READ_ONLY),
            (1836, "Running in read-only mode", READ_ONLY),
            (1874, "InnoDB is in read only mode.", READ_ONLY),
            (1030, "Got error 168 - 'Unknown (generic) error from engine' from storage engine", UNREACHABLE),
            (2003, "Can't connect to MySQL server on '127.0.0.1'", UNREACHABLE),
            (2013, "Lost connection to MySQL server during query", UNREACHABLE),
            (1045, "Access denied for user 'registry'@'localhost'", UNREACHABLE),
        ],
    )
    def test_given_an_error_of_mysql_then_its_number_or_what_it_hands_on_says_it(
        self, number: int, text: str, trouble: Trouble
    ) -> None:
        assert trouble_of(mysql_error(number, text)) is trouble

    @pytest.mark.parametrize(
        ("number", "trouble"), [(28, FULL), (122, FULL), (30, READ_ONLY), (5, UNREACHABLE), (13, UNREACHABLE)]
    )
    def test_given_an_error_of_the_operating_system_then_its_number_says_it(
        self, number: int, trouble: Trouble
    ) -> None:
        assert trouble_of(OSError(number, os.strerror(number))) is trouble

    def test_given_anything_else_then_it_does_not_answer(self) -> None:
        assert trouble_of(ValueError("x", "y", "z")) is UNREACHABLE
        assert trouble_of(None) is UNREACHABLE


class TestDatabase:
    def test_given_a_question_that_was_wrong_then_the_database_is_not_to_blame(
        self, make_app: MakeApp
    ) -> None:
        with make_app().app_context():
            assert trouble_with_database(ProgrammingError("", {}, sqlite3.ProgrammingError("x"))) is None
            assert trouble_with_database(IntegrityError("", {}, sqlite_error(19))) is None
            assert trouble_with_database(ValueError("x")) is None

    @pytest.mark.parametrize(
        ("error", "trouble"),
        [
            (OperationalError("", {}, sqlite_error(13)), FULL),
            (OperationalError("", {}, sqlite_error(1)), UNREACHABLE),
            (InterfaceError("", {}, sqlite3.InterfaceError("x")), UNREACHABLE),
            (InternalError("", {}, mysql_error(3, "Error writing file './b' (OS errno 28 - No …)")), FULL),
            (PoolTimeoutError(), UNREACHABLE),
        ],
    )
    def test_given_a_database_that_cannot_then_what_is_wrong_is_known(
        self, make_app: MakeApp, error: Exception, trouble: Trouble
    ) -> None:
        with make_app().app_context():
            assert trouble_with_database(error) is trouble

    @pytest.mark.parametrize(
        ("trouble", "reason"),
        [
            (FULL, "database_full"),
            (LOCKED, "database_locked"),
            (READ_ONLY, "database_read_only"),
            (UNREACHABLE, "unavailable"),
        ],
    )
    def test_each_is_a_refusal_of_its_own(self, trouble: Trouble, reason: str) -> None:
        refusal = refusal_of(trouble)

        assert (refusal.status, refusal.reason) == (503, reason)
        assert int(refusal.headers["Retry-After"]) > 0


class TestDisk:
    def test_given_a_disk_with_room_then_nothing_is_wrong(self, tmp_path: Path) -> None:
        assert state_of(tmp_path) is None
        assert state_of(None) is None

    def test_given_a_folder_that_is_gone_then_it_does_not_answer(self, tmp_path: Path) -> None:
        assert state_of(tmp_path / "gone") is UNREACHABLE

    @pytest.mark.parametrize(
        ("free_bytes", "free_files", "flags", "trouble"),
        [
            (LEAST_BYTES, 1000, 0, None),
            (LEAST_BYTES - 4096, 1000, 0, FULL),
            (LEAST_BYTES * 100, 0, 0, FULL),
            (0, 1000, os.ST_RDONLY, READ_ONLY),
        ],
    )
    def test_given_what_the_file_system_says_then_that_is_wrong(
        self,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        free_bytes: int,
        free_files: int,
        flags: int,
        trouble: Trouble | None,
    ) -> None:
        blocks, files = free_bytes // 4096, free_files
        figures = os.statvfs_result((4096, 4096, 100_000, blocks, blocks, 5000, files, files, flags, 255))
        monkeypatch.setattr(os, "statvfs", lambda _: figures)

        assert state_of(tmp_path) is trouble
