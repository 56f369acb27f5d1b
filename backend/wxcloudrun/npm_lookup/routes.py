"""The URLs of questions about a whole registry: data, not code."""

from functools import partial

from wxcloudrun.kit.errors import (
    Malformed,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.npm.controller import ROOT
from wxcloudrun.npm_lookup import controller
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint

question = partial(
    Endpoint, scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, any_query=True, protocol="npm registry",
)  # fmt: skip
audit = partial(
    question, widens_access=False, works_when_full=True, reads=("Content-Encoding",),
    errors=(NotFound, Malformed, TooLarge, UnsupportedMediaType, TooManyRequests, Unavailable),
)  # fmt: skip

ENDPOINTS = [
    question(
        "GET", "/<project>/-/v1/search", controller.search, "npm_search", "Packages by words",
        errors=(NotFound,),
    ),
    audit(
        "POST", "/<project>/-/npm/v1/security/advisories/bulk", controller.audit_versions,
        "npm_audit_versions", "What is known against versions",
    ),
    audit(
        "POST", "/<project>/-/npm/v1/security/audits/quick", controller.audit_tree, "npm_audit_quickly",
        "What is known against a tree of packages, in short",
    ),
    audit(
        "POST", "/<project>/-/npm/v1/security/audits", controller.audit_tree, "npm_audit_tree",
        "What is known against a tree of packages",
    ),
]  # fmt: skip

npm_lookup = blueprint("npm_lookup", ROOT, ENDPOINTS, tag="npm")
