"""HTTP in, HTTP out, for packages."""

from flask import Response

from wxcloudrun.kit.web import pages
from wxcloudrun.kit.web.endpoint import actor, service
from wxcloudrun.kit.web.envelope import no_content, ok
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.packages.schemas import PackageIn, PackageOut, PackagePatch
from wxcloudrun.packages.service import PackageService


def list_packages(project: str, query: PageQuery) -> Response:
    """A page of packages."""
    page = service(PackageService).page(actor(), project, pages.requested(query, str))
    return pages.answer(page, PackageOut.model_validate)


def create_package(project: str, body: PackageIn) -> Response:
    """200 with the package."""
    made = service(PackageService).create(actor(), project, body.name, body.description)
    return ok(PackageOut.model_validate(made))


def get_package(project: str, package: str) -> Response:
    """200 with the package."""
    return ok(PackageOut.model_validate(service(PackageService).get(actor(), project, package)))


def change_package(project: str, package: str, body: PackagePatch) -> Response:
    """200 with the package as it is now."""
    changed = service(PackageService).change(actor(), project, package, body.description)
    return ok(PackageOut.model_validate(changed))


def delete_package(project: str, package: str) -> Response:
    """204."""
    service(PackageService).delete(actor(), project, package)
    return no_content()
