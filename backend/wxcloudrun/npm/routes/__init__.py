"""The URLs of npm's protocol: data, not code.

A name is `lib` or `@scope/lib`, with its slash plain or encoded: servers decode paths before they hand them
over, so it is one and the same here.
"""

from functools import partial

from wxcloudrun.downloads.errors import DamagedObject
from wxcloudrun.kit.errors import NotFound, RangeNotSatisfiable
from wxcloudrun.kit.security import Scope
from wxcloudrun.npm.controller import ROOT, reading, tagging
from wxcloudrun.npm.routes.account_routes import ACCOUNT_ENDPOINTS
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.failures import Face
from wxcloudrun.web.protocol_refusals import error_object

PROTOCOL = "npm registry"
CONDITIONS = ("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")

document = partial(
    Endpoint, scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, any_query=True, protocol=PROTOCOL,
    errors=(NotFound,),
)  # fmt: skip

ENDPOINTS = [
    document(
        "GET", "/<project>/-/package/<scoped:name>/dist-tags", tagging.dist_tags, "npm_dist_tags",
        "The tags of a package",
    ),
    *ACCOUNT_ENDPOINTS,
    document("GET", "/<project>/<scoped:name>", reading.package, "npm_package", "The document of a package"),
    document(
        "GET", "/<project>/<scoped:name>/<wanted>", reading.version, "npm_version",
        "The document of a version, by its name or that of a tag",
    ),
    Endpoint(
        "GET", "/<project>/<scoped:name>/-/<filename>", reading.tarball, "npm_tarball",
        "The bytes of a version",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, any_query=True, answers_bytes=True, protocol=PROTOCOL,
        reads=CONDITIONS, errors=(NotFound, RangeNotSatisfiable, DamagedObject, StoreUnavailable),
    ),
]  # fmt: skip

npm = blueprint(
    "npm",
    ROOT,
    ENDPOINTS,
    refusals=Face(ROOT, error_object, 'Bearer realm="registry"'),
)
