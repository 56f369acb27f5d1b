"""Structured logs: one JSON object a line, with the request id, never a secret.

Events have constant names; the facts are fields: `logger.info("request", extra={"status": 200})`.
"""

import logging
from logging.config import dictConfig

from flask import g, has_request_context
from pythonjsonlogger.json import JsonFormatter

from wxcloudrun.kit import clock

REPEAT_SECONDS = 60.0
QUIET = ("alembic", "huey", "python_multipart", "urllib3", "werkzeug")


class RequestIdFilter(logging.Filter):
    """Stamp each record with the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id and let every record through."""
        if has_request_context() and "request_id" in g:
            record.request_id = g.request_id
        return True


class Complaint:
    """A warning about something that stays wrong for a while: said once a minute, not at every attempt."""

    def __init__(self, logger: logging.Logger, event: str) -> None:
        self._logger = logger
        self._event = event
        self._said_at: float | None = None

    def say(self, error: Exception) -> None:
        """Write the warning, unless that was done a moment ago."""
        now = clock.monotonic()
        if self._said_at is None or now - self._said_at > REPEAT_SECONDS:
            self._said_at = now
            self._logger.warning(self._event, extra={"cause": type(error).__name__})


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
            "loggers": {
                **{name: {"level": "ERROR"} for name in QUIET},
                # Traces twice a second for as long as Redis is down; our own line says it once a minute.
                "huey.consumer.Worker": {"level": "CRITICAL"},
            },
        }
    )
