"""What is done to artifacts in the background."""

from typing import Any

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit.db import Transaction


class ArtifactTasks:
    """The handlers of jobs on artifacts."""

    def __init__(self, *, digests: DigestService) -> None:
        self._digests = digests

    def compute_digests(self, context: JobContext, arguments: dict[str, Any]) -> None:
        """Compute MD5 and SHA-1 of an artifact whose upload did not wait for them."""
        self._digests.compute(arguments["artifact_id"], arguments.get("mark"), context)

    def digests_failed(self, tx: Transaction, arguments: dict[str, Any], _message: str) -> None:
        """Let nobody wait for them any more."""
        self._digests.give_up(tx, arguments.get("mark"))
