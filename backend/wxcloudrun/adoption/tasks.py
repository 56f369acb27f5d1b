"""What the background does to adopt."""

from typing import Any

from wxcloudrun.adoption.service.adopting import AdoptionOrder, AdoptService
from wxcloudrun.jobs.service.context import JobContext


class AdoptionTasks:
    """The job `adopt {source_id, target_id, path}`."""

    def __init__(self, adopting: AdoptService) -> None:
        self._adopting = adopting

    def adopt(self, context: JobContext, arguments: dict[str, Any]) -> None:
        """Adopt what fits."""
        self._adopting.run(context, AdoptionOrder.read(arguments))
