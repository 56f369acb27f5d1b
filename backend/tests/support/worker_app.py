"""The service with one more kind of job and one more periodic task, for tests that kill its workers.

`flask --app tests.support.worker_app worker` is the very command of production otherwise.
"""

import os
import time
from typing import Any

from tests.support.background import exactly_once, write_effect
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.periodic import TaskKind
from wxcloudrun.kit.db import atomically
from wxcloudrun.wiring import background

STEPS, STEP_SECONDS = 6, 0.05
TALLY_SECONDS = 1


def slow(context: JobContext, arguments: dict[str, Any]) -> None:
    """Take some time, then have one effect."""
    for _ in range(STEPS):
        context.check()
        time.sleep(STEP_SECONDS)
    exactly_once(context, arguments)


def tally() -> None:
    """Leave a mark."""
    atomically(lambda tx: write_effect(tx, f"tally/{os.getpid()}"))


kinds_of_the_service, tasks_of_the_service = background.job_kinds, background.periodic_tasks
background.job_kinds = lambda *parts: {**kinds_of_the_service(*parts), "slow": JobKind(slow)}
background.periodic_tasks = lambda *parts: {
    **tasks_of_the_service(*parts),
    "tally": TaskKind(TALLY_SECONDS, tally),
}

app = create_app(Settings.from_env())
