"""What is done to artifacts in the background."""

from typing import Any

from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.jobs.service.context import JobContext


class ArtifactTasks:
    """The handlers of jobs on artifacts."""

    def __init__(self, *, digests: DigestService) -> None:
        self._digests = digests

    def compute_digests(self, context: JobContext, arguments: dict[str, Any]) -> None:
        """Compute MD5 and SHA-1 of an artifact whose upload did not wait for them."""
        self._digests.compute(arguments["artifact_id"], context)
