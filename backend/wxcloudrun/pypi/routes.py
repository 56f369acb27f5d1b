"""The URLs of PyPI's protocols: data, not code."""

from functools import partial

from wxcloudrun.downloads.errors import DamagedObject
from wxcloudrun.kit.errors import (
    ChecksumMismatch,
    Conflict,
    Forbidden,
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    QuotaReached,
    RangeNotSatisfiable,
    TooLarge,
    UnsupportedMediaType,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.pypi import controller
from wxcloudrun.pypi.errors import NotAcceptable
from wxcloudrun.pypi.schemas import SimpleQuery
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.web.endpoint import BodyFormat, Caller, Endpoint, blueprint
from wxcloudrun.web.failures import Face

PROTOCOL = "PyPI simple API 1.4"
CONDITIONS = ("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
PUBLISHING = (
    Malformed, Invalid, ChecksumMismatch, UnsupportedMediaType, TooLarge, Interrupted, Forbidden, NotFound,
    Conflict, FileTaken, VersionSealed, QuotaReached, StoreUnavailable,
)  # fmt: skip

page = partial(
    Endpoint, scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, query=SimpleQuery, any_query=True,
    protocol=PROTOCOL, errors=(NotFound, NotAcceptable),
)  # fmt: skip
redirect = partial(Endpoint, scope=None, caller=Caller.ANYONE, any_query=True, status=301, protocol=PROTOCOL)
upload = partial(
    Endpoint, scope=Scope.UPLOAD, widens_access=False, body=BodyFormat.FORM, protocol=PROTOCOL,
    errors=PUBLISHING,
)  # fmt: skip

ENDPOINTS = [
    page("GET", "/<project>/simple/", controller.index, "simple_index", "The projects of an index"),
    page(
        "GET", "/<project>/simple/<name>/", controller.project_page, "simple_project",
        "The files of a project",
    ),
    page(
        "GET", "/<project>/legacy/+simple/<name>/", controller.project_page_for_hatch,
        "simple_project_for_hatch", "The files of a project, where hatch looks for them",
    ),
    Endpoint(
        "GET", "/<project>/files/<digest>/<filename>", controller.file, "simple_file",
        "The bytes of a file, or its metadata", scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, any_query=True,
        answers_bytes=True, protocol=PROTOCOL, reads=CONDITIONS,
        errors=(NotFound, RangeNotSatisfiable, DamagedObject, StoreUnavailable),
    ),
    Endpoint(
        "GET", "/<project>/integrity/<name>/<version>/<filename>/provenance", controller.provenance,
        "simple_provenance", "The provenance of a file; none is kept", scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, any_query=True, protocol=PROTOCOL, errors=(NotFound,),
    ),
    upload("POST", "/<project>/legacy/", controller.publish, "publish_distribution", "Publish a file"),
    upload(
        "POST", "/<project>/legacy", controller.publish, "publish_distribution_here",
        "Publish a file, at the address that lacks its slash",
    ),
    redirect("GET", "/<project>", controller.to_index, "simple_root_here", "Where the index is"),
    redirect("GET", "/<project>/", controller.to_index, "simple_root", "Where the index is"),
    redirect("GET", "/<project>/simple", controller.to_simple, "simple_index_here", "Where the index is"),
    redirect(
        "GET", "/<project>/simple/<name>", controller.to_project, "simple_project_here",
        "Where the page of a project is",
    ),
]  # fmt: skip

pypi = blueprint(
    "pypi",
    controller.ROOT,
    ENDPOINTS,
    refusals=Face(controller.ROOT, controller.refuse, 'Basic realm="registry", charset="UTF-8"'),
)
