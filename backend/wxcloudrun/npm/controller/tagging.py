"""HTTP in, HTTP out, of dist-tags."""

from flask import Response

from wxcloudrun.npm.controller.answers import revalidated
from wxcloudrun.npm.schemas import encoded
from wxcloudrun.npm.service.tagging import DistTagService
from wxcloudrun.web.endpoint import actor, service


def dist_tags(project: str, name: str) -> Response:
    """The tags of a package and the versions that they point at."""
    found = service(DistTagService).list(actor(), project, name)
    return revalidated(encoded(found.versions), is_public=found.is_public)
