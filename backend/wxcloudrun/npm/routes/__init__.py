"""The URLs of npm's protocol: data, not code.

A name is `lib` or `@scope/lib`, with its slash plain or encoded: servers decode paths before they hand them
over, so it is one and the same here.
"""

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
from wxcloudrun.npm.controller import ROOT, publishing, reading, tagging
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.versions.errors import FileTaken, VersionSealed
from wxcloudrun.web.endpoint import BodyFormat, Caller, Endpoint, blueprint
from wxcloudrun.web.failures import Face
from wxcloudrun.web.protocol_refusals import error_object

PROTOCOL = "npm registry"
CONDITIONS = ("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
PUBLISHING = (
    Malformed, Invalid, ChecksumMismatch, UnsupportedMediaType, TooLarge, Interrupted, Forbidden, NotFound,
    Conflict, FileTaken, VersionSealed, QuotaReached, StoreUnavailable,
)  # fmt: skip
CHANGING = (Malformed, Invalid, UnsupportedMediaType, TooLarge, Forbidden, NotFound, Conflict)

document = partial(
    Endpoint, scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, any_query=True, protocol=PROTOCOL,
    errors=(NotFound,),
)  # fmt: skip

upload = partial(
    Endpoint, scope=Scope.UPLOAD, widens_access=False, body=BodyFormat.BYTES, any_query=True,
    protocol=PROTOCOL, errors=PUBLISHING,
)  # fmt: skip

change = partial(
    Endpoint, scope=Scope.WRITE, widens_access=False, body=BodyFormat.BYTES, any_query=True,
    protocol=PROTOCOL, errors=CHANGING,
)  # fmt: skip

ENDPOINTS = [
    document(
        "GET", "/<project>/-/package/<scoped:name>/dist-tags", tagging.dist_tags, "npm_dist_tags",
        "The tags of a package",
    ),
    change(
        "PUT", "/<project>/-/package/<scoped:name>/dist-tags/<tag>", tagging.put_dist_tag,
        "npm_put_dist_tag", "Point a tag at a version", scope=Scope.RELEASE, status=201,
    ),
    change(
        "DELETE", "/<project>/-/package/<scoped:name>/dist-tags/<tag>", tagging.delete_dist_tag,
        "npm_delete_dist_tag", "Remove a tag", scope=Scope.RELEASE, body=None,
    ),
    upload(
        "PUT", "/<project>/<scoped:name>", publishing.put_package, "npm_publish",
        "Publish a version, or deprecate some", status=201,
        description="What changes versions or moves tags takes the scope `release` as well.",
    ),
    change(
        "PUT", "/<project>/<scoped:name>/-rev/<revision>", publishing.replace_package, "npm_replace",
        "Unpublish the version that the document leaves out", status=201,
        description="More than one takes the scope `manage`.",
    ),
    change(
        "DELETE", "/<project>/<scoped:name>/-rev/<revision>", publishing.delete_package, "npm_delete",
        "Unpublish a package", body=None, description="One with several versions takes the scope `manage`.",
    ),
    change(
        "DELETE", "/<project>/<scoped:name>/-/<filename>/-rev/<revision>", publishing.delete_tarball,
        "npm_delete_tarball", "Unpublish the version of a tarball", body=None,
    ),
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
    refusals=Face(ROOT, error_object, 'Bearer realm="registry"', {SecondFactorNeeded.reason: "OTP"}),
)
