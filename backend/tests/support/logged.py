"""Reads the log of an application in the same process."""

import io
import json
import logging
from typing import Any


class Log:
    """What an application has written to its log since it was made."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        for handler in logging.getLogger().handlers:
            if type(handler) is logging.StreamHandler:
                handler.setStream(self._stream)

    @property
    def text(self) -> str:
        """All of it."""
        return self._stream.getvalue()

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Line by line."""
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return what was logged under a name."""
        return [entry for entry in self.entries if entry["event"] == event]
