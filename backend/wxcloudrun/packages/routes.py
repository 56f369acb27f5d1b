"""The URLs of packages: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, NotFound
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.kit.web.pages import PageOut, PageQuery
from wxcloudrun.packages import controller
from wxcloudrun.packages.schemas import PackageIn, PackageOut, PackagePatch

PACKAGES = "/project/<project>/packages"
PACKAGE = "/project/<project>/packages/<package>"

ENDPOINTS = [
    Endpoint(
        "GET", PACKAGES, controller.list_packages, "list_packages", "The packages of a project",
        caller=Caller.PUBLIC, query=PageQuery, answer=PageOut[PackageOut], errors=(NotFound,),
    ),
    Endpoint(
        "POST", PACKAGES, controller.create_package, "create_package", "Make a package",
        scope=Scope.WRITE, body=PackageIn, answer=PackageOut, errors=(Conflict, Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "GET", PACKAGE, controller.get_package, "get_package", "One package",
        caller=Caller.PUBLIC, answer=PackageOut, errors=(NotFound,),
    ),
    Endpoint(
        "PATCH", PACKAGE, controller.change_package, "change_package", "Change the description",
        scope=Scope.WRITE, body=PackagePatch, answer=PackageOut, errors=(Forbidden, NotFound, Invalid),
    ),
    Endpoint(
        "DELETE", PACKAGE, controller.delete_package, "delete_package", "Delete a package and all it holds",
        scope=Scope.WRITE, status=204, errors=(Forbidden, NotFound),
    ),
]  # fmt: skip

packages = blueprint("packages", "/api/v1", ENDPOINTS)
