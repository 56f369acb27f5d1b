"""The URLs of logins: data, not code."""

from wxcloudrun.kit.errors import Conflict, Invalid, TooManyRequests, Unauthorized
from wxcloudrun.sessions import controller
from wxcloudrun.sessions.schemas import LoginIn, RefreshIn, TokensOut
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/login", controller.log_in, "log_in", "Log in with e-mail address and password",
        caller=Caller.ANYONE, scope=None, body=LoginIn, answer=TokensOut, sends=("Set-Cookie",),
        errors=(Invalid, TooManyRequests, Unauthorized),
        works_when_full=True,
    ),
    Endpoint(
        "POST", "/auth/refresh", controller.refresh, "refresh", "Exchange a refresh token for new tokens",
        caller=Caller.ANYONE, scope=None, body=RefreshIn, answer=TokensOut,
        errors=(Invalid, TooManyRequests, Unauthorized),
        works_when_full=True,
    ),
    Endpoint(
        "POST", "/auth/logout", controller.log_out, "log_out", "End this login",
        scope=None, errors=(Conflict,),
        works_when_full=True,
    ),
]  # fmt: skip

sessions = blueprint("sessions", "/api/v1", ENDPOINTS, tag="accounts")
