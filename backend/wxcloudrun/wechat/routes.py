"""The URLs of WeChat: data, not code."""

from wxcloudrun.kit.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from wxcloudrun.kit.security import Scope
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.sessions.schemas import LoginOut
from wxcloudrun.users.schemas import UserOut
from wxcloudrun.web.endpoint import Caller, Endpoint, Proof, blueprint
from wxcloudrun.wechat import controller
from wxcloudrun.wechat.schemas import WechatIn, WechatLoginIn, WechatOut
from wxcloudrun.wechat.words import WORDS

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/wechat", controller.log_in_by_wechat, "log_in_by_wechat",
        "Log in with a code of wx.login(); the first time makes the user",
        caller=Caller.ANYONE, scope=None, body=WechatLoginIn, answer=LoginOut, sends=("Set-Cookie",),
        errors=(Forbidden, Invalid, SecondFactorNeeded, TooManyRequests, Unauthorized, Unavailable),
        works_when_full=True,
    ),
    Endpoint(
        "PUT", "/auth/wechat", controller.bind_wechat, "bind_wechat", "Bind a WeChat user to your account",
        scope=Scope.ADMIN, widens_access=True, body=WechatIn, answer=UserOut,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable),
        needs_proof=Proof.ALWAYS,
    ),
    Endpoint(
        "GET", "/auth/wechat", controller.show_wechat, "show_wechat",
        "Whether a WeChat user is bound to your account", scope=Scope.ADMIN, answer=WechatOut,
    ),
    Endpoint(
        "DELETE", "/auth/wechat", controller.unbind_wechat, "unbind_wechat",
        "Let no WeChat user in to your account any more",
        scope=Scope.ADMIN, widens_access=False,
        status=204, errors=(Conflict, NotFound), needs_proof=Proof.ALWAYS,
    ),
]  # fmt: skip

wechat = blueprint("wechat", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
