"""HTTP in, HTTP out, for packages."""

from flask import Response

from wxcloudrun.packages.schemas import PackageDeletion, PackageIn, PackageOut, PackagePatch
from wxcloudrun.packages.service import PackageChange, PackageService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery


def list_packages(project: str, query: PageQuery) -> Response:
    """A page of packages."""
    page = service(PackageService).page(actor(), project, pages.requested(query, str))
    return pages.answer(page, PackageOut.model_validate)


def create_package(project: str, body: PackageIn) -> Response:
    """200 with the package."""
    made = service(PackageService).create(actor(), project, body.name, body.description, body.layout)
    return ok(PackageOut.model_validate(made))


def get_package(project: str, package: str) -> Response:
    """200 with the package."""
    return ok(PackageOut.model_validate(service(PackageService).get(actor(), project, package)))


def change_package(project: str, package: str, body: PackagePatch) -> Response:
    """200 with the package as it is now."""
    change = PackageChange(body.description, body.layout)
    changed = service(PackageService).change(actor(), project, package, change)
    return ok(PackageOut.model_validate(changed))


def delete_package(project: str, package: str, query: PackageDeletion) -> Response:
    """204."""
    service(PackageService).delete(actor(), project, package, force=query.force)
    return no_content()
