"""Structured logs: one JSON object a line, with the request id, never a secret.

Events have constant names; the facts are fields: `logger.info("request", extra={"status": 200})`.
"""

import logging
from logging.config import dictConfig

from flask import g, has_request_context
from pythonjsonlogger.json import JsonFormatter

from wxcloudrun.kit import clock

REPEAT_SECONDS = 600.0
AGAIN_SECONDS = 60.0
QUIET = ("alembic", "python_multipart", "urllib3", "werkzeug")


class RequestIdFilter(logging.Filter):
    """Stamp each record with the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id and let every record through."""
        if has_request_context() and "request_id" in g:
            record.request_id = g.request_id
        return True


class Complaint:
    """A warning about something that stays wrong for a while.

    It is said when that begins, when its cause becomes another one, and every ten minutes; not at every
    attempt. What comes and goes is said once a minute.
    """

    def __init__(self, logger: logging.Logger, event: str) -> None:
        self._logger = logger
        self._event = event
        self._cause = ""
        self._heard_at = self._said_at = 0.0
        self._is_said = False

    def say(self, error: Exception, cause: str | None = None) -> None:
        """Write the warning, unless it stands in the log already."""
        cause, now = cause or type(error).__name__, clock.monotonic()
        self._heard_at = now
        pause = REPEAT_SECONDS if self._is_said else AGAIN_SECONDS
        if cause == self._cause and now - self._said_at < pause:
            return
        self._cause, self._said_at, self._is_said = cause, now, True
        self._logger.warning(self._event, extra={"cause": cause, "error": type(error).__name__})

    def stands(self, cause: str) -> bool:
        """Tell whether this was the cause a moment ago, and it has not been over since."""
        return self._is_said and self._cause == cause and clock.monotonic() - self._heard_at < AGAIN_SECONDS

    def over(self) -> None:
        """Write down that it is well again, if the log says that it is not."""
        if self._is_said:
            self._is_said = False
            self._logger.info("%s_no_more", self._event, extra={"cause": self._cause})


# What each record would look up about its thread; nobody writes it.
logging.logThreads = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # documented, and missing in the types


def configure(level: str) -> None:
    """Send every log of this process to standard error as JSON."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {
                "json": {
                    "()": JsonFormatter,
                    "fmt": "%(levelname)s %(name)s %(message)s",
                    "rename_fields": {"levelname": "level", "name": "logger", "message": "event"},
                    "timestamp": "at",
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["request_id"],
                }
            },
            "root": {"level": level, "handlers": ["stderr"]},
            # These libraries narrate every byte at DEBUG and every bad client at WARNING.
            "loggers": {name: {"level": "ERROR"} for name in QUIET},
        }
    )
