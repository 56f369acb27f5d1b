"""The URLs of maintenance: data, not code."""

from wxcloudrun.jobs.schemas import JobOut
from wxcloudrun.kit.errors import Forbidden
from wxcloudrun.kit.security import Scope
from wxcloudrun.maintenance import controller
from wxcloudrun.maintenance.schemas import CollectIn, FsckIn, SweepIn
from wxcloudrun.maintenance.words import WORDS
from wxcloudrun.web.endpoint import Endpoint, blueprint

ENDPOINTS = [
    Endpoint(
        "POST", "/collect", controller.collect, "start_collect", "Delete, in a job, what nothing refers to",
        scope=Scope.ADMIN, widens_access=False,
        body=CollectIn, answer=JobOut, status=202, errors=(Forbidden,),
        works_when_full=True,
    ),
    Endpoint(
        "POST", "/sweep", controller.sweep, "start_sweep", "Remove, in a job, objects that no row names",
        scope=Scope.ADMIN, widens_access=False, body=SweepIn, answer=JobOut, status=202, errors=(Forbidden,),
        works_when_full=True,
    ),
    Endpoint(
        "POST", "/fsck", controller.fsck, "start_fsck", "Compare, in a job, rows with what the store holds",
        scope=Scope.ADMIN, widens_access=False, body=FsckIn, answer=JobOut, status=202, errors=(Forbidden,),
        works_when_full=True,
    ),
]  # fmt: skip

maintenance = blueprint("maintenance", "/api/v1/maintenance", ENDPOINTS, words=(WORDS,))
