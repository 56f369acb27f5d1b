"""The registry that is asked what is known against packages."""

import json
from typing import Any, Protocol

from wxcloudrun.net.http_client import CallFailed, HttpClient

MOST_ANSWER_BYTES = 4 * 1024 * 1024
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class AuditFailed(Exception):
    """The other registry gave no usable answer. The message holds nothing of what was asked."""


class AuditUpstream(Protocol):
    """Whoever is asked."""

    def ask(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Return what is known. Raises AuditFailed."""


class ForwardedAudit:
    """Another registry, over HTTP, with bounds on time and size."""

    def __init__(self, base_url: str) -> None:
        self._client = HttpClient(base_url, max_answer_bytes=MOST_ANSWER_BYTES)

    def ask(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        """Return what is known. Raises AuditFailed."""
        try:
            answer = json.loads(self._client.post(path, json.dumps(document).encode(), HEADERS))
        except CallFailed as error:
            raise AuditFailed(str(error)) from None
        except (ValueError, RecursionError):
            raise AuditFailed("the answer is no JSON") from None
        if not isinstance(answer, dict):
            raise AuditFailed("the answer is no object")
        return answer
