"""The URLs of jobs and periodic tasks: data, not code."""

from wxcloudrun.jobs import controller
from wxcloudrun.jobs.schemas import JobOut, JobQuery, TaskOut, TaskPatch
from wxcloudrun.jobs.words import WORDS
from wxcloudrun.kit.errors import Conflict, Forbidden, NotFound
from wxcloudrun.kit.security import Scope
from wxcloudrun.web.endpoint import Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

ENDPOINTS = [
    Endpoint(
        "GET", "/jobs", controller.list_jobs, "list_jobs", "Work in the background, newest first",
        scope=Scope.ADMIN, query=JobQuery, answer=PageOut[JobOut], errors=(Forbidden,),
    ),
    Endpoint(
        "GET", "/jobs/<job_id>", controller.get_job, "get_job", "One job, with its result or its error",
        scope=Scope.ADMIN, answer=JobOut, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "GET", "/tasks", controller.list_tasks, "list_tasks", "What the service does again and again",
        scope=Scope.ADMIN, query=PageQuery, answer=PageOut[TaskOut], errors=(Forbidden,),
    ),
    Endpoint(
        "GET", "/tasks/<name>", controller.get_task, "get_task", "One periodic task",
        scope=Scope.ADMIN, answer=TaskOut, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "PATCH", "/tasks/<name>", controller.change_task, "change_task",
        "Switch a periodic task on or off, or give it another interval",
        scope=Scope.ADMIN, widens_access=False, body=TaskPatch, answer=TaskOut,
        errors=(Conflict, Forbidden, NotFound),
        works_when_full=True,
    ),
]  # fmt: skip

jobs = blueprint("jobs", "/api/v1", ENDPOINTS, words=(WORDS,))
