"""HTTP in, HTTP out, for API keys."""

from flask import Response

from wxcloudrun.keys.schemas import KeyIn, KeyMadeOut, KeyOut, RotationIn
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.kit.texts import text
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery
from wxcloudrun.web.parsing import row_id


def make_key(body: KeyIn) -> Response:
    """200 with the key, shown once."""
    spec = KeySpec(body.name, body.scopes, body.project, body.expires_in_days)
    return ok(KeyMadeOut.of(service(KeyService).make(actor(), spec)))


def list_keys(query: PageQuery) -> Response:
    """200 with a page of keys."""
    page = service(KeyService).page(actor(), pages.requested(query, int))
    return pages.answer(page, KeyOut.model_validate)


def revoke_key(key_id: str) -> Response:
    """204."""
    service(KeyService).revoke(actor(), row_id(key_id, text("there is no such API key")))
    return no_content()


def rotate_key(key_id: str, body: RotationIn) -> Response:
    """200 with the new key, shown once."""
    made = service(KeyService).rotate(
        actor(), row_id(key_id, text("there is no such API key")), overlap_hours=body.overlap_hours
    )
    return ok(KeyMadeOut.of(made))


# --- Other people's, for administrators ------------------------------------------------------------


def list_keys_of_user(user_id: str, query: PageQuery) -> Response:
    """200 with a page of keys."""
    page = service(KeyService).page_of_person(
        actor(), row_id(user_id, text("there is no such user")), pages.requested(query, int)
    )
    return pages.answer(page, KeyOut.model_validate)


def revoke_key_of_user(user_id: str, key_id: str) -> Response:
    """204."""
    service(KeyService).revoke_of_person(
        actor(),
        row_id(user_id, text("there is no such user")),
        row_id(key_id, text("there is no such API key")),
    )
    return no_content()
