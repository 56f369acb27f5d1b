"""HTTP in, HTTP out, for releases."""

from flask import Response

from wxcloudrun.releases.schemas import LogOut, ReleaseIn, ReleaseOut, ReleaseQuery
from wxcloudrun.releases.service.lifecycle import ReleaseService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok, with_remarks
from wxcloudrun.web.parsing import MAX_ID_DIGITS


def create_release(body: ReleaseIn) -> Response:
    """201 with the release, whose bytes come later."""
    return ok(ReleaseOut.of(service(ReleaseService).create(actor(), body.spec())), status=201)


def list_releases(query: ReleaseQuery) -> Response:
    """A page of releases, newest first."""
    page = service(ReleaseService).page(actor(), query.filter(), pages.requested(query, int))
    return pages.answer(page, ReleaseOut.of)


def get_release(release_id: str) -> Response:
    """200 with the release."""
    return ok(ReleaseOut.of(service(ReleaseService).get(actor(), number(release_id))))


def get_release_log(release_id: str) -> Response:
    """200 with the log."""
    return ok(LogOut.model_validate(service(ReleaseService).log(actor(), number(release_id))))


def activate_release(release_id: str) -> Response:
    """200 with the release, which is the activated one now, with a warning if it is not one to use."""
    release, remarks = service(ReleaseService).activate(actor(), number(release_id))
    return with_remarks(ok(ReleaseOut.of(release)), remarks)


def deactivate_release(release_id: str) -> Response:
    """200 with the release, which is not activated now."""
    return ok(ReleaseOut.of(service(ReleaseService).deactivate(actor(), number(release_id))))


def retry_release(release_id: str) -> Response:
    """200 with the release, whose bytes come later."""
    return ok(ReleaseOut.of(service(ReleaseService).retry(actor(), number(release_id))))


def delete_release(release_id: str) -> Response:
    """204, with a warning if tags still point at its bytes."""
    return no_content(service(ReleaseService).delete(actor(), number(release_id)))


def number(release_id: str) -> int:
    """Read the id in a URL. One that cannot be is 0, which no release has: the service refuses both alike."""
    is_number = release_id.isascii() and release_id.isdigit() and len(release_id) <= MAX_ID_DIGITS
    return int(release_id) if is_number else 0
