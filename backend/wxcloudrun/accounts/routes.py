"""The URLs of accounts: data, not code."""

from wxcloudrun.accounts import controller
from wxcloudrun.accounts.schemas import (
    EmailIn,
    KeyIn,
    KeyMadeOut,
    KeyOut,
    LoginIn,
    PasswordIn,
    RefreshIn,
    RegistrationIn,
    RotationIn,
    TokensOut,
    UserIn,
    UserOut,
    UserPatch,
    WechatIn,
)
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
from wxcloudrun.kit.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.kit.web.pages import PageOut, PageQuery

USER = "/users/<user_id>"

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/register", controller.register, "register", "Sign up",
        caller=Caller.ANYONE, scope=None, body=RegistrationIn, answer=UserOut, status=201,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests),
    ),
    Endpoint(
        "POST", "/auth/login", controller.log_in, "log_in", "Log in with e-mail address and password",
        caller=Caller.ANYONE, scope=None, body=LoginIn, answer=TokensOut, sends=("Set-Cookie",),
        errors=(Invalid, TooManyRequests, Unauthorized),
    ),
    Endpoint(
        "POST", "/auth/refresh", controller.refresh, "refresh", "Exchange a refresh token for new tokens",
        caller=Caller.ANYONE, scope=None, body=RefreshIn, answer=TokensOut,
        errors=(Invalid, TooManyRequests, Unauthorized),
    ),
    Endpoint(
        "POST", "/auth/wechat", controller.log_in_by_wechat, "log_in_by_wechat",
        "Log in with a code of wx.login(); the first time makes the user",
        caller=Caller.ANYONE, scope=None, body=WechatIn, answer=TokensOut, sends=("Set-Cookie",),
        errors=(Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable),
    ),
    Endpoint(
        "PUT", "/auth/wechat", controller.bind_wechat, "bind_wechat", "Bind a WeChat user to your account",
        scope=Scope.ADMIN, body=WechatIn, answer=UserOut,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests, Unauthorized, Unavailable),
    ),
    Endpoint(
        "PUT", "/auth/email", controller.bind_email, "bind_email", "Bind an e-mail address to your account",
        scope=Scope.ADMIN, body=EmailIn, answer=UserOut,
        errors=(Conflict, Forbidden, Invalid, TooManyRequests),
    ),
    Endpoint(
        "POST", "/auth/logout", controller.log_out, "log_out", "End this login",
        scope=None, errors=(Conflict,),
    ),
    Endpoint(
        "GET", "/auth/me", controller.show_me, "show_me", "Who you are",
        scope=None, answer=UserOut,
    ),
    Endpoint(
        "POST", "/auth/keys", controller.make_key, "make_key", "Make an API key; it is shown once",
        scope=Scope.WRITE, body=KeyIn, answer=KeyMadeOut, errors=(Forbidden, Invalid, NotFound),
    ),
    Endpoint(
        "GET", "/auth/keys", controller.list_keys, "list_keys", "Your API keys",
        query=PageQuery, answer=PageOut[KeyOut],
    ),
    Endpoint(
        "DELETE", "/auth/keys/<key_id>", controller.revoke_key, "revoke_key", "Revoke an API key",
        scope=Scope.WRITE, status=204, errors=(NotFound,),
    ),
    Endpoint(
        "POST", "/auth/keys/<key_id>/rotate", controller.rotate_key, "rotate_key", "Replace an API key",
        scope=Scope.WRITE, body=RotationIn, answer=KeyMadeOut, errors=(Forbidden, Invalid, NotFound),
    ),
    Endpoint(
        "DELETE", "/auth/token", controller.revoke_credential, "revoke_credential",
        "Revoke the credential of this very request", scope=None, status=204,
    ),
    Endpoint(
        "PUT", "/auth/password", controller.change_password, "change_password",
        "Change your password; ends every other session",
        scope=Scope.ADMIN, body=PasswordIn, errors=(Conflict, Forbidden, Invalid, TooManyRequests),
    ),
    Endpoint(
        "GET", "/users", controller.list_users, "list_users", "All users, for administrators",
        scope=Scope.ADMIN, query=PageQuery, answer=PageOut[UserOut], errors=(Forbidden,),
    ),
    Endpoint(
        "POST", "/users", controller.create_user, "create_user", "Make a user",
        scope=Scope.ADMIN, body=UserIn, answer=UserOut, status=201, errors=(Conflict, Forbidden, Invalid),
    ),
    Endpoint(
        "GET", USER, controller.get_user, "get_user", "One user",
        scope=Scope.ADMIN, answer=UserOut, errors=(Forbidden, NotFound),
    ),
    Endpoint(
        "PATCH", USER, controller.change_user, "change_user", "Change a user",
        scope=Scope.ADMIN, body=UserPatch, answer=UserOut, errors=(Conflict, Forbidden, Invalid, NotFound),
    ),
    Endpoint(
        "DELETE", USER, controller.delete_user, "delete_user", "Delete a user",
        scope=Scope.ADMIN, status=204, errors=(Conflict, Forbidden, NotFound),
    ),
]  # fmt: skip

accounts = blueprint("accounts", "/api/v1", ENDPOINTS)
