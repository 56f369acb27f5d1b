"""The URLs of versions: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound
from wxcloudrun.kit.remarks import HEADER
from wxcloudrun.kit.security import Scope
from wxcloudrun.versions import controller
from wxcloudrun.versions.schemas import FileDetailOut, FileOut, VersionDetailOut, VersionOut, VersionPatch
from wxcloudrun.versions.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

ENDPOINTS = [
    Endpoint(
        "GET", "/versions", controller.list_versions, "list_versions", "The versions, newest first",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[VersionOut], errors=(NotFound,),
    ),
    Endpoint(
        "GET", "/versions/<version>", controller.get_version, "get_version", "One version",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=VersionDetailOut, errors=(NotFound,),
    ),
    Endpoint(
        "PATCH", "/versions/<version>", controller.change_version, "change_version",
        "Yank or deprecate a version, or write about it",
        scope=Scope.RELEASE, widens_access=False, body=VersionPatch, answer=VersionDetailOut,
        errors=(Forbidden, Invalid, NotFound), sends=(HEADER,),
    ),
    Endpoint(
        "DELETE", "/versions/<version>", controller.delete_version, "delete_version", "Delete a version",
        scope=Scope.WRITE, widens_access=False,
        status=204, errors=(Conflict, Forbidden, NotFound), sends=(HEADER,),
    ),
    Endpoint(
        "GET", "/versions/<version>/files", controller.list_files, "list_files", "The files of a version",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[FileOut], errors=(NotFound,),
    ),
    Endpoint(
        "GET", "/versions/<version>/files/<rest:filename>", controller.get_file, "get_file",
        "One file of a version, and what it says of itself", scope=Scope.DOWNLOAD, caller=Caller.PUBLIC,
        answer=FileDetailOut, errors=(NotFound,),
    ),
    Endpoint(
        "DELETE", "/versions/<version>/files/<rest:filename>", controller.delete_file, "delete_file",
        "Delete a file of a version", scope=Scope.WRITE, widens_access=False,
        status=204, errors=(Conflict, Forbidden, NotFound),
    ),
    Endpoint(
        "POST", "/versions/<version>/seal", controller.seal_version, "seal_version",
        "Let a version take no new file", scope=Scope.RELEASE, widens_access=False, answer=VersionDetailOut,
        errors=(Forbidden, NotFound),
    ),
]  # fmt: skip

versions = blueprint("versions", "/api/v1/project/<project>/<package>", ENDPOINTS, words=(WORDS,))
