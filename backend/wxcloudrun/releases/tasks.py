"""What the background does for releases."""

from typing import Any

from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit.db import Transaction
from wxcloudrun.releases.rules.assignments import Assignment
from wxcloudrun.releases.service.obtain import ObtainService


class ReleaseTasks:
    """The job `obtain_release {release_id, fingerprint}`, and what its failure means."""

    def __init__(self, obtain: ObtainService) -> None:
        self._obtain = obtain

    def obtain(self, context: JobContext, arguments: dict[str, Any]) -> None:
        """Obtain the bytes of a release."""
        self._obtain.run(context, Assignment.read(arguments))

    def obtain_failed(self, tx: Transaction, arguments: dict[str, Any], message: str) -> None:
        """Let the release have failed."""
        self._obtain.give_up(tx, Assignment.read(arguments), message)
