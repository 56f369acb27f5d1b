"""HTTP in, HTTP out, of dist-tags."""

import json
from typing import Any

from flask import Response

from wxcloudrun.kit.errors import Invalid, Malformed
from wxcloudrun.kit.texts import text
from wxcloudrun.npm.controller.answers import done, revalidated
from wxcloudrun.npm.schemas import encoded
from wxcloudrun.npm.schemas.publication import check_dist_tag
from wxcloudrun.npm.service.tagging import DistTagService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.parsing import read_small_body


def dist_tags(project: str, name: str) -> Response:
    """The tags of a package and the versions that they point at."""
    found = service(DistTagService).list(actor(), project, name)
    return revalidated(encoded(found.versions), is_public=found.is_public)


def put_dist_tag(project: str, name: str, tag: str) -> Response:
    """201; the tag points at the version that the body names."""
    version = version_in_body()
    revision = service(DistTagService).point(actor(), project, name, check_dist_tag(tag), version)
    return done(201, name, revision)


def delete_dist_tag(project: str, name: str, tag: str) -> Response:
    """200; the tag is not there any more."""
    return done(200, name, service(DistTagService).remove(actor(), project, name, tag))


def version_in_body() -> str:
    """Return the JSON text that is the body. Raises Malformed, Invalid."""
    try:
        version: Any = json.loads(read_small_body())
    except (ValueError, RecursionError) as error:
        raise Malformed(text("the body is not valid JSON")) from error
    if not isinstance(version, str):
        raise Invalid.field("body", text("send the version as a JSON text, as npm dist-tag add does"))
    return version
