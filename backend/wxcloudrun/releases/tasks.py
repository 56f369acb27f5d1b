"""What the background does for releases."""

from typing import Any

from wxcloudrun.jobs.service.work import JobContext, JobKind
from wxcloudrun.kit.db import Transaction
from wxcloudrun.releases.service.obtain import ObtainService


def obtain_release(service: ObtainService) -> JobKind:
    """Return how the job `obtain_release {release_id}` is done, and what its failure means."""

    def handler(context: JobContext, arguments: dict[str, Any]) -> dict[str, Any] | None:
        return service.run(context, int(arguments["release_id"]))

    def on_failed(tx: Transaction, arguments: dict[str, Any], message: str) -> None:
        service.give_up(tx, int(arguments["release_id"]), message)

    return JobKind(handler, on_failed)
