"""HTTP in, HTTP out, for tags."""

from flask import Response, request

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.names import is_sha256
from wxcloudrun.kit.web import pages
from wxcloudrun.kit.web.endpoint import actor, service
from wxcloudrun.kit.web.envelope import no_content, ok
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.tags.schemas import TagIn, TagMovedOut, TagMoveOut, TagOut, parse_tag_name
from wxcloudrun.tags.service import Condition, TagService, Target


def list_tags(project: str, package: str, query: PageQuery) -> Response:
    """A page of tags."""
    page = service(TagService).page(actor(), project, package, pages.requested(query, str))
    return pages.answer(page, TagOut.model_validate)


def get_tag(project: str, package: str, tag: str) -> Response:
    """200 with the tag; its ETag is what If-Match takes."""
    found = service(TagService).get(actor(), project, package, tag)
    return with_etag(ok(TagOut.model_validate(found)), found.artifact_id)


def put_tag(project: str, package: str, tag: str, body: TagIn) -> Response:
    """200 with the tag and where it pointed before; 412 if the condition does not hold."""
    target = Target(body.artifact_id, body.version)
    moved = service(TagService).put(actor(), project, package, parse_tag_name(tag), target, parse_condition())
    return with_etag(ok(TagMovedOut.of(moved)), moved.tag.artifact_id)


def delete_tag(project: str, package: str, tag: str) -> Response:
    """204."""
    service(TagService).delete(actor(), project, package, tag, parse_condition())
    return no_content()


def list_moves(project: str, package: str, tag: str, query: PageQuery) -> Response:
    """A page of the tag's history, newest first."""
    page = service(TagService).history(actor(), project, package, tag, pages.requested(query, int))
    return pages.answer(page, TagMoveOut.model_validate)


def parse_condition() -> Condition:
    """Read If-Match and If-None-Match (RFC 9110 section 13.1). Raises Malformed."""
    wanted, unwanted = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if unwanted is not None and unwanted.strip() != "*":
        raise Malformed("If-None-Match takes only * here: the tag must not exist yet")
    if wanted is None:
        return Condition(must_be_absent=unwanted is not None)
    if wanted.strip() == "*":
        return Condition(must_exist=True, must_be_absent=unwanted is not None)
    ids = frozenset(part.strip().removeprefix('"').removesuffix('"') for part in wanted.split(","))
    if not all(is_sha256(each) for each in ids):
        raise Malformed('If-Match takes quoted artifact ids: If-Match: "<64 hex digits>"')
    return Condition(artifact_ids=ids, must_be_absent=unwanted is not None)


def with_etag(response: Response, artifact_id: str) -> Response:
    """Say where the tag points in a header too."""
    response.set_etag(artifact_id)
    return response
