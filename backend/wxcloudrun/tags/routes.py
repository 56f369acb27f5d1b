"""The URLs of tags: data, not code."""

from wxcloudrun.kit.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    QuotaReached,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.tags import controller
from wxcloudrun.tags.schemas import TagIn, TagMovedOut, TagMoveOut, TagOut
from wxcloudrun.tags.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

TAG = "/tags/<tag>"
CONDITIONS = ("Tag-If-Match", "Tag-If-None-Match")

ENDPOINTS = [
    Endpoint(
        "GET", "/tags", controller.list_tags, "list_tags", "The tags of a package",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[TagOut], errors=(NotFound,),
    ),
    Endpoint(
        "GET", TAG, controller.get_tag, "get_tag", "One tag",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=TagOut, errors=(NotFound,), sends=("ETag",),
    ),
    Endpoint(
        "PUT", TAG, controller.put_tag, "put_tag", "Point a tag at an artifact, a version or a reference",
        scope=Scope.RELEASE, widens_access=False, body=TagIn, answer=TagMovedOut,
        errors=(Forbidden, NotFound, Invalid, Malformed, PreconditionFailed, QuotaReached),
        reads=CONDITIONS, sends=("ETag",),
    ),
    Endpoint(
        "DELETE", TAG, controller.delete_tag, "delete_tag", "Delete a tag; its history stays",
        scope=Scope.RELEASE, widens_access=False,
        status=204, errors=(Forbidden, NotFound, Malformed, PreconditionFailed),
        reads=CONDITIONS,
    ),
    Endpoint(
        "GET", "/tags/<tag>/history", controller.list_moves, "list_tag_history", "Where a tag pointed",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[TagMoveOut], errors=(NotFound,),
    ),
]  # fmt: skip

tags = blueprint("tags", "/api/v1/project/<project>/<package>", ENDPOINTS, words=(WORDS,))
