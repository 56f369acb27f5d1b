"""HTTP in, HTTP out, for versions."""

from flask import Response

from wxcloudrun.kit.web import pages
from wxcloudrun.kit.web.endpoint import actor, service
from wxcloudrun.kit.web.envelope import no_content, ok
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.versions.schemas import VersionOut
from wxcloudrun.versions.service import VersionService


def list_versions(project: str, package: str, query: PageQuery) -> Response:
    """A page of versions, newest first."""
    page = service(VersionService).page(actor(), project, package, pages.requested(query, int))
    return pages.answer(page, VersionOut.model_validate)


def get_version(project: str, package: str, version: str) -> Response:
    """200 with the version."""
    return ok(VersionOut.model_validate(service(VersionService).get(actor(), project, package, version)))


def delete_version(project: str, package: str, version: str) -> Response:
    """204."""
    service(VersionService).delete(actor(), project, package, version)
    return no_content()
