"""What the background does to erase."""

from typing import Any

from wxcloudrun.erasure.rules import Doomed
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit.db import Transaction


class ErasureTasks:
    """The job `erase {table, row_id, path, row_stays}`, and what its failure means."""

    def __init__(self, erasure: ErasureService) -> None:
        self._erasure = erasure

    def erase(self, context: JobContext, arguments: dict[str, Any]) -> None:
        """Erase what is left."""
        self._erasure.go_on(context, Doomed.read(arguments))

    def erase_failed(self, tx: Transaction, arguments: dict[str, Any], _message: str) -> None:
        """Let another job try again, later."""
        self._erasure.begin_again(tx, Doomed.read(arguments))
