"""The URLs of packages: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotEmpty, NotFound, QuotaReached
from wxcloudrun.kit.security import Scope
from wxcloudrun.packages import controller
from wxcloudrun.packages.schemas import PackageDeletion, PackageIn, PackageOut, PackagePatch
from wxcloudrun.packages.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

PACKAGES = "/project/<project>/packages"
PACKAGE = "/project/<project>/packages/<package>"

ENDPOINTS = [
    Endpoint(
        "GET", PACKAGES, controller.list_packages, "list_packages", "The packages of a project",
        scope=Scope.DOWNLOAD,
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[PackageOut], errors=(NotFound,),
    ),
    Endpoint(
        "POST", PACKAGES, controller.create_package, "create_package", "Make a package",
        scope=Scope.WRITE, or_scope=Scope.MANAGE, widens_access=False,
        body=PackageIn, answer=PackageOut, errors=(Conflict, QuotaReached, Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "GET", PACKAGE, controller.get_package, "get_package", "One package",
        scope=Scope.DOWNLOAD, caller=Caller.PUBLIC, answer=PackageOut, errors=(NotFound,),
    ),
    Endpoint(
        "PATCH", PACKAGE, controller.change_package, "change_package", "Change the description or the layout",
        scope=Scope.WRITE, or_scope=Scope.MANAGE, widens_access=False, body=PackagePatch, answer=PackageOut,
        errors=(Conflict, Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "DELETE", PACKAGE, controller.delete_package, "delete_package", "Delete a package and all it holds",
        scope=Scope.MANAGE, widens_access=False, destroys_much=True,
        query=PackageDeletion, status=204, errors=(Forbidden, NotFound, NotEmpty),
    ),
]  # fmt: skip

packages = blueprint("packages", "/api/v1", ENDPOINTS, words=(WORDS,))
