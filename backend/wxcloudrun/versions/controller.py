"""HTTP in, HTTP out, for versions."""

from functools import partial

from flask import Response

from wxcloudrun.versions.schemas import FileDetailOut, FileOut, VersionDetailOut, VersionOut, VersionPatch
from wxcloudrun.versions.service.files import FileService
from wxcloudrun.versions.service.versions import VersionService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok, with_remarks
from wxcloudrun.web.pages import PageQuery


def list_versions(project: str, package: str, query: PageQuery) -> Response:
    """A page of versions, newest first."""
    page = service(VersionService).page(actor(), project, package, pages.requested(query, int))
    return pages.answer(page, partial(VersionOut.of, project, package))


def get_version(project: str, package: str, version: str) -> Response:
    """200 with the version."""
    view = service(VersionService).get(actor(), project, package, version)
    return ok(VersionDetailOut.of(project, package, view))


def change_version(project: str, package: str, version: str, body: VersionPatch) -> Response:
    """200 with the version as it stands now, with a warning if it is yanked and activated."""
    view, remarks = service(VersionService).change(actor(), project, package, version, body.change())
    return with_remarks(ok(VersionDetailOut.of(project, package, view)), remarks)


def delete_version(project: str, package: str, version: str) -> Response:
    """204, with a warning if tags still point at its bytes."""
    return no_content(service(VersionService).delete(actor(), project, package, version))


def list_files(project: str, package: str, version: str, query: PageQuery) -> Response:
    """A page of the files of a version, in the order in which they came."""
    page = service(FileService).page(actor(), project, package, version, pages.requested(query, int))
    return pages.answer(page, partial(FileOut.of, project, package, version))


def get_file(project: str, package: str, version: str, filename: str) -> Response:
    """200 with the file."""
    view = service(FileService).get(actor(), project, package, version, filename)
    return ok(FileDetailOut.shaped(project, package, version, view))


def delete_file(project: str, package: str, version: str, filename: str) -> Response:
    """204."""
    service(FileService).delete(actor(), project, package, version, filename)
    return no_content()


def seal_version(project: str, package: str, version: str) -> Response:
    """200 with the version."""
    view = service(FileService).seal(actor(), project, package, version)
    return ok(VersionDetailOut.of(project, package, view))
