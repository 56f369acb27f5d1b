"""HTTP in, HTTP out, for adoption."""

from flask import Response

from wxcloudrun.adoption.schemas import AdoptionIn, AdoptionOut
from wxcloudrun.adoption.service.asking import AdoptionService, no_such_adoption
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.parsing import row_id


def start_adoption(project: str, package: str, body: AdoptionIn) -> Response:
    """202 with the adoption."""
    job = service(AdoptionService).ask(actor(), project, package, body.wanted(), body.name)
    return ok(AdoptionOut.of(job), status=202)


def get_adoption(project: str, package: str, adoption: str) -> Response:
    """200 with the adoption, and with its report once it is done."""
    job_id = row_id(adoption, no_such_adoption().message)
    return ok(AdoptionOut.of(service(AdoptionService).show(actor(), project, package, job_id)))
