"""How often and when work is tried again, and how what a job says fits into its row; no clock, no SQL."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wxcloudrun.jobs.errors import JobFailed, JobPutOff
from wxcloudrun.kit.errors import AppError

MAX_ARGUMENTS = 8_000
MAX_RESULT = 32_000
MAX_ERROR = 1_000
MAX_LOSSES = 10  # a job that takes its worker down each time is given up

FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 600.0
LONGEST_DELAY_SECONDS = 86_400.0
LONGEST_LEASE_SECONDS = 3600  # as `JOB_LEASE_SECONDS` may say: another process may have another one

type JsonValue = str | float | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None


def retry_seconds(attempts: int) -> float:
    """Return how long to wait after so many attempts: 5 seconds, doubled each time, 10 minutes at most."""
    return float(min(FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 30), LONGEST_RETRY_SECONDS))


def written(value: Mapping[str, JsonValue], *, max_length: int) -> str:
    """Return JSON in ASCII that fits into its column. Raises ValueError if it does not."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    if len(text) > max_length:
        message = f"{len(text)} characters of JSON, where {max_length} fit"
        raise ValueError(message)
    return text


def parsed(text: str) -> dict[str, Any]:
    """Read what `written` has written."""
    found: dict[str, Any] = json.loads(text)
    return found


def readable(error: Exception) -> str:
    """Say what went wrong without paths, statements or secrets; the log has the rest."""
    if isinstance(error, AppError | JobFailed | JobPutOff):
        return str(error)
    return f"unexpected {type(error).__name__}; the log of the server says more"


def shortened(message: str) -> str:
    """Return a message that fits into its column; one that was cut says so at its end."""
    text = message.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_ERROR else text[: MAX_ERROR - 1] + "…"
