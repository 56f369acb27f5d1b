"""HTTP in, HTTP out, for ways in."""

from flask import Response

from wxcloudrun.sessions.controller import without_cookie
from wxcloudrun.sessions.service.proofs import ProofService
from wxcloudrun.ways_in.schemas import EndingIn, MeOut, ProofIn
from wxcloudrun.ways_in.service.ending import EndingService
from wxcloudrun.ways_in.service.showing import ShowingService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.wechat.service.logins import WechatService


def show_me() -> Response:
    """200 with the user."""
    return ok(MeOut.of(service(ShowingService).me(actor())))


def prove(body: ProofIn) -> Response:
    """204."""
    if body.wechat_code is not None:
        service(WechatService).prove(actor(), body.wechat_code, body.second_factor)
    else:
        service(ProofService).prove_by_password(actor(), body.password or "", body.second_factor)
    return no_content()


def end_everything(body: EndingIn) -> Response:
    """204; the cookie is taken back unless its session stays."""
    service(EndingService).end_everything(actor(), keep_session=body.keep_session)
    return no_content() if body.keep_session else without_cookie(no_content())
