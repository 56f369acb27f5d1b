"""HTTP in, HTTP out, for jobs and periodic tasks."""

from flask import Response

from wxcloudrun.jobs.schemas import JobOut, JobQuery, TaskOut, TaskPatch
from wxcloudrun.jobs.service.administration import JobAdministrationService
from wxcloudrun.kit.texts import text
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import row_id


def list_jobs(query: JobQuery) -> Response:
    """200 with a page of jobs, newest first."""
    page = service(JobAdministrationService).page(actor(), query.filters(), pages.requested(query, int))
    return pages.answer(page, JobOut.model_validate)


def get_job(job_id: str) -> Response:
    """200 with the job."""
    found = service(JobAdministrationService).job(actor(), row_id(job_id, text("there is no such job")))
    return ok(JobOut.model_validate(found))


def list_tasks(query: PageQuery) -> Response:
    """200 with a page of periodic tasks, by name."""
    page = service(JobAdministrationService).tasks(actor(), pages.requested(query, str))
    return pages.answer(page, TaskOut.model_validate)


def get_task(name: str) -> Response:
    """200 with the periodic task."""
    return ok(TaskOut.model_validate(service(JobAdministrationService).task(actor(), name)))


def change_task(name: str, body: TaskPatch) -> Response:
    """200 with the periodic task as it is now."""
    changed = service(JobAdministrationService).change_task(actor(), name, body.change())
    return ok(TaskOut.model_validate(changed))
