"""The URLs of WeChat: data, not code."""

from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable
from wxcloudrun.kit.security import Scope
from wxcloudrun.sessions.schemas import TokensOut
from wxcloudrun.users.schemas import UserOut
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.wechat import controller
from wxcloudrun.wechat.schemas import WechatIn

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/wechat", controller.log_in_by_wechat, "log_in_by_wechat",
        "Log in with a code of wx.login(); the first time makes the user",
        caller=Caller.ANYONE, scope=None, body=WechatIn, answer=TokensOut, sends=("Set-Cookie",),
        errors=(Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable),
        works_when_full=True,
    ),
    Endpoint(
        "PUT", "/auth/wechat", controller.bind_wechat, "bind_wechat", "Bind a WeChat user to your account",
        scope=Scope.ADMIN, body=WechatIn, answer=UserOut,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable),
    ),
]  # fmt: skip

wechat = blueprint("wechat", "/api/v1", ENDPOINTS, tag="accounts")
