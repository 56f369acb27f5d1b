"""The URLs of releases: data, not code."""

from wxcloudrun.jobs.errors import TooManyJobs
from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound, QuotaReached, VersionTaken
from wxcloudrun.kit.remarks import HEADER
from wxcloudrun.kit.security import Scope
from wxcloudrun.releases import controller
from wxcloudrun.releases.schemas import LogOut, ReleaseIn, ReleaseOut, ReleaseQuery
from wxcloudrun.releases.words import WORDS
from wxcloudrun.versions.errors import VersionYanked
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut

RELEASES = "/packages"
RELEASE = "/packages/<release_id>"

ENDPOINTS = [
    Endpoint(
        "POST", RELEASES, controller.create_release, "create_release", "Make a release; its bytes come later",
        scope=Scope.RELEASE, widens_access=False, body=ReleaseIn, answer=ReleaseOut, status=201,
        errors=(Conflict, Forbidden, Invalid, NotFound, QuotaReached, TooManyJobs, VersionTaken),
    ),
    Endpoint(
        "GET", RELEASES, controller.list_releases, "list_releases", "Releases that you may see, newest first",
        scope=Scope.DOWNLOAD, query=ReleaseQuery, answer=PageOut[ReleaseOut],
    ),
    Endpoint(
        "GET", RELEASE, controller.get_release, "get_release", "One release",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=ReleaseOut, errors=(NotFound,),
    ),
    Endpoint(
        "GET", f"{RELEASE}/log", controller.get_release_log, "get_release_log",
        "What the last attempt to obtain the bytes has said",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=LogOut, errors=(NotFound,),
    ),
    Endpoint(
        "POST", f"{RELEASE}/activate", controller.activate_release, "activate_release",
        "Make it the one that is in use",
        scope=Scope.RELEASE, widens_access=False,
        answer=ReleaseOut, errors=(Conflict, Forbidden, NotFound, VersionYanked),
        sends=(HEADER,), works_when_full=True,
    ),
    Endpoint(
        "POST", f"{RELEASE}/deactivate", controller.deactivate_release, "deactivate_release",
        "Take it out of use",
        scope=Scope.RELEASE, widens_access=False, answer=ReleaseOut, errors=(Conflict, Forbidden, NotFound),
        works_when_full=True,
    ),
    Endpoint(
        "POST", f"{RELEASE}/retry", controller.retry_release, "retry_release",
        "Try again to obtain the bytes of one that has failed",
        scope=Scope.RELEASE, widens_access=False, answer=ReleaseOut,
        errors=(Conflict, Forbidden, NotFound, TooManyJobs),
    ),
    Endpoint(
        "DELETE", RELEASE, controller.delete_release, "delete_release", "Delete a release",
        scope=Scope.WRITE, widens_access=False,
        status=204, errors=(Conflict, Forbidden, NotFound), sends=(HEADER,),
    ),
]  # fmt: skip

releases = blueprint("releases", "/api/v1", ENDPOINTS, words=(WORDS,))
