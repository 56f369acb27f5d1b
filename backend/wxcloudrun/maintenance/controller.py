"""HTTP in, HTTP out, for maintenance: each request becomes a job."""

from flask import Response

from wxcloudrun.jobs.schemas import JobOut
from wxcloudrun.maintenance.schemas import CollectIn, FsckIn, SweepIn
from wxcloudrun.maintenance.service import MaintenanceService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.parsing import Input


def collect(body: CollectIn) -> Response:
    """202 with the job."""
    return ask("collect", body)


def sweep(body: SweepIn) -> Response:
    """202 with the job."""
    return ask("sweep", body)


def fsck(body: FsckIn) -> Response:
    """202 with the job."""
    return ask("fsck", body)


def ask(kind: str, body: Input) -> Response:
    """Put the work down and answer the job, whose result will be the report."""
    job = service(MaintenanceService).ask(actor(), kind, body.model_dump())
    return ok(JobOut.model_validate(job), status=202)
