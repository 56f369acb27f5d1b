"""Places outside of the database that keep the ends of the chain: who has the database has not those."""

import logging
import os
import sys
from collections.abc import Iterator
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Protocol, override

from wxcloudrun.audit.rules import request_signature
from wxcloudrun.net.http_client import CallFailed, HttpClient

FILE_NAME = "heads.jsonl"
SYSLOG_TAG = "registry-audit: "
SIGNATURE = "X-Registry-Signature"


class SinkFailed(Exception):
    """A head could not be handed over; it is tried again, or a later one is."""


class HeadSink(Protocol):
    """Keeps lines."""

    name: str

    def send(self, line: str) -> None:
        """Hand a head over. Raises SinkFailed."""


class FileSink:
    """A file to which lines are only added, in a directory of its own.

    It may belong to another machine, or be one that the system only lets grow (`chattr +a`).
    """

    name = "file"

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME

    def send(self, line: str) -> None:
        """Add a line, and see to it that it is on the disk."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, f"{line}\n".encode())
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise SinkFailed(type(error).__name__) from error

    def lines(self) -> Iterator[str]:
        """Yield what the file holds, nothing if there is none yet."""
        try:
            with self._path.open(encoding="utf-8") as file:
                yield from file
        except FileNotFoundError:
            return


class FailingSysLog(SysLogHandler):
    """The library's way to a system log, except that a failure is one."""

    ident = SYSLOG_TAG

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Raise what went wrong, which the library would print."""
        raise SinkFailed("the system log does not take it") from sys.exception()


class SyslogSink:
    """A system log: `/dev/log`, or `host:port` by UDP."""

    name = "syslog"

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address: str | tuple[str, int] = (
            address if address.startswith("/") else (host.strip("[]"), int(port))
        )

    def send(self, line: str) -> None:
        """Write a line to it, as information of the facility for security."""
        try:
            handler = FailingSysLog(self._address, SysLogHandler.LOG_AUTHPRIV)
        except OSError as error:
            raise SinkFailed(type(error).__name__) from error
        try:
            handler.emit(logging.makeLogRecord({"msg": line, "levelno": logging.INFO, "levelname": "INFO"}))
        finally:
            handler.close()


class WebhookSink:
    """An address that takes each head by POST, signed with a secret that both sides know."""

    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        self._client = HttpClient(url)
        self._secret = secret

    def send(self, line: str) -> None:
        """Post it; anything but 200 is a failure."""
        body = line.encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: f"sha256={request_signature(self._secret, body)}",
        }
        try:
            self._client.post("", body, headers)
        except CallFailed as error:
            raise SinkFailed(str(error)) from error
