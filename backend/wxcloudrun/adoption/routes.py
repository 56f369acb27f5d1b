"""The URLs of adoption: data, not code."""

from wxcloudrun.adoption import controller
from wxcloudrun.adoption.schemas import AdoptionIn, AdoptionOut
from wxcloudrun.adoption.words import WORDS
from wxcloudrun.jobs.errors import TooManyJobs
from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound, QuotaReached
from wxcloudrun.kit.security import Scope
from wxcloudrun.web.endpoint import Endpoint, blueprint

ADOPT = "/project/<project>/<package>/adopt"

ENDPOINTS = [
    Endpoint(
        "POST", ADOPT, controller.start_adoption, "start_adoption",
        "Let a package of PyPI's or npm's format have, by a job, what lies in this one",
        scope=Scope.WRITE, widens_access=False, body=AdoptionIn, answer=AdoptionOut, status=202,
        errors=(Conflict, QuotaReached, TooManyJobs, Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "GET", f"{ADOPT}/<adoption>", controller.get_adoption, "get_adoption",
        "How an adoption stands, with its report once it is done",
        scope=Scope.WRITE, answer=AdoptionOut, errors=(Forbidden, NotFound),
    ),
]  # fmt: skip

adoption = blueprint("adoption", "/api/v1", ENDPOINTS, words=(WORDS,))
