"""HTTP in, HTTP out, for logins by WeChat."""

from typing import cast

from flask import Response, current_app, request

from wxcloudrun.config import Settings
from wxcloudrun.sessions.controller import device, logged_in
from wxcloudrun.users.schemas import UserOut
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.proxies import came_through_proxies
from wxcloudrun.wechat.gateway import WechatPerson, is_wechat_id
from wxcloudrun.wechat.schemas import WechatIn, WechatLoginIn, WechatOut
from wxcloudrun.wechat.service.binding import WechatBindingService
from wxcloudrun.wechat.service.logins import WechatProof, WechatService


def log_in_by_wechat(body: WechatLoginIn) -> Response:
    """200 with tokens, and the cookie."""
    opened = service(WechatService).log_in(
        actor(), wechat_proof(body), code=body.second_factor, device=device()
    )
    return logged_in(opened)


def show_wechat() -> Response:
    """200."""
    bound_at = service(WechatBindingService).bound_at(actor())
    return ok(WechatOut(is_bound=bound_at is not None, bound_at=bound_at))


def bind_wechat(body: WechatIn) -> Response:
    """200 with the user."""
    bound = service(WechatBindingService).bind_wechat(actor(), wechat_proof(body))
    return ok(UserOut.model_validate(bound))


def unbind_wechat() -> Response:
    """204."""
    service(WechatBindingService).unbind_wechat(actor())
    return no_content()


def wechat_proof(body: WechatIn | WechatLoginIn) -> WechatProof:
    """Return what the request brings: its code, unless WeChat's own gateway states the person.

    Behind WeChat Cloud Hosting the gateway replaces these headers in every request; anywhere else
    anybody could write them.
    """
    stated = None
    openid = request.headers.get("X-WX-OPENID")
    settings = cast("Settings", current_app.extensions["settings"])
    if settings.wx_trust_cloud_headers and came_through_proxies() and is_wechat_id(openid):
        unionid = request.headers.get("X-WX-UNIONID")
        stated = WechatPerson(str(openid), unionid if is_wechat_id(unionid) else None)
    return WechatProof(body.code, stated)
