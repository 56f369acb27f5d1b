"""The URLs of npm's protocol: data, not code.

A name is `lib` or `@scope/lib`, with its slash plain or encoded: servers decode paths before they hand them
over, so it is one and the same here.
"""

from functools import partial

from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Scope
from wxcloudrun.npm.controller import ROOT, tagging
from wxcloudrun.npm.routes.account_routes import ACCOUNT_ENDPOINTS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.failures import Face
from wxcloudrun.web.protocol_refusals import error_object

PROTOCOL = "npm registry"

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
]  # fmt: skip

npm = blueprint(
    "npm",
    ROOT,
    ENDPOINTS,
    refusals=Face(ROOT, error_object, 'Bearer realm="registry"'),
)
