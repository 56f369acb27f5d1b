"""HTTP in, HTTP out, for tags."""

import re
from urllib.parse import quote, unquote

from flask import Response, request

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.names import is_sha256
from wxcloudrun.kit.texts import text
from wxcloudrun.tags.schemas import TagIn, TagMovedOut, TagMoveOut, TagOut, parse_tag_name
from wxcloudrun.tags.service.pointing import Condition, TagTarget
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery

QUOTED = re.compile(r'"([^"]+)"')
IN_ETAGS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')  # stand for themselves


def list_tags(project: str, package: str, query: PageQuery) -> Response:
    """A page of tags."""
    page = service(TagService).page(actor(), project, package, pages.requested(query, str))
    return pages.answer(page, TagOut.model_validate)


def get_tag(project: str, package: str, tag: str) -> Response:
    """200 with the tag; its ETag is what If-Match takes."""
    found = service(TagService).get(actor(), project, package, tag)
    return with_etag(ok(TagOut.model_validate(found)), found.target)


def put_tag(project: str, package: str, tag: str, body: TagIn) -> Response:
    """200 with the tag and where it pointed before; 412 if the condition does not hold."""
    target = body.ref or TagTarget(body.artifact_id, body.version)
    moved = service(TagService).put(actor(), project, package, parse_tag_name(tag), target, parse_condition())
    return with_etag(ok(TagMovedOut.of(moved)), moved.tag.target)


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
        raise Malformed(text("If-None-Match takes only * here: the tag must not exist yet"))
    if wanted is None:
        return Condition(must_be_absent=unwanted is not None)
    if wanted.strip() == "*":
        return Condition(must_exist=True, must_be_absent=unwanted is not None)
    return Condition(targets=frozenset(targets_in(wanted)), must_be_absent=unwanted is not None)


def targets_in(wanted: str) -> list[str]:
    """Read a list of entity tags, whose names may have commas in them. Raises Malformed."""
    if is_sha256(wanted.strip()):
        return [wanted.strip()]
    if not re.fullmatch(r'\s*"[^"]+"\s*(,\s*"[^"]+"\s*)*', wanted):
        raise Malformed(text('If-Match takes quoted names: If-Match: "<artifact id or version>"'))
    return [unquote(each) for each in QUOTED.findall(wanted)]


def with_etag(response: Response, target: str) -> Response:
    """Say where the tag points in a header too; `"` and `%` of a version are escaped as in a URL."""
    response.set_etag(quote(target, safe=IN_ETAGS))
    return response
