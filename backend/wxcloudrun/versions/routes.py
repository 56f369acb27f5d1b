"""The URLs of versions: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, NotFound
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.kit.web.pages import PageOut, PageQuery
from wxcloudrun.versions import controller
from wxcloudrun.versions.schemas import VersionOut

ENDPOINTS = [
    Endpoint(
        "GET", "/versions", controller.list_versions, "list_versions", "The versions, newest first",
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[VersionOut], errors=(NotFound,),
    ),
    Endpoint(
        "GET", "/versions/<version>", controller.get_version, "get_version", "One version",
        caller=Caller.PUBLIC, answer=VersionOut, errors=(NotFound,),
    ),
    Endpoint(
        "DELETE", "/versions/<version>", controller.delete_version, "delete_version", "Delete a version",
        scope=Scope.WRITE, status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

versions = blueprint("versions", "/api/v1/project/<project>/<package>", ENDPOINTS)
