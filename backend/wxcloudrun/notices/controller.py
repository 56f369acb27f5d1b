"""HTTP in, HTTP out, for notices."""

from flask import Response

from wxcloudrun.notices.schemas import SeenIn
from wxcloudrun.notices.service.notices import NoticeService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content


def see_notices(body: SeenIn) -> Response:
    """204."""
    service(NoticeService).see(actor(), body.up_to)
    return no_content()
