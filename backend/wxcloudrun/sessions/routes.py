"""The URLs of logins: data, not code."""

from wxcloudrun.kit.errors import Conflict, Invalid, NotFound, TooManyRequests, Unauthorized
from wxcloudrun.kit.security import Scope
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.sessions import controller
from wxcloudrun.sessions.schemas import LoginIn, LoginOut, LoginSessionOut, RefreshIn, TokensOut
from wxcloudrun.sessions.words import WORDS
from wxcloudrun.web.endpoint import Caller, Endpoint, blueprint
from wxcloudrun.web.pages import PageOut, PageQuery

ENDPOINTS = [
    Endpoint(
        "POST", "/auth/login", controller.log_in, "log_in", "Log in with e-mail address and password",
        caller=Caller.ANYONE, scope=None, body=LoginIn, answer=LoginOut, sends=("Set-Cookie",),
        errors=(Invalid, SecondFactorNeeded, TooManyRequests, Unauthorized),
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
        scope=None, widens_access=False, errors=(Conflict,),
        works_when_full=True,
    ),
    Endpoint(
        "GET", "/auth/sessions", controller.list_sessions, "list_sessions", "Your logins",
        scope=Scope.ADMIN, query=PageQuery, answer=PageOut[LoginSessionOut],
    ),
    Endpoint(
        "DELETE", "/auth/sessions/<login_id>", controller.end_session, "end_session",
        "End one of your logins", scope=Scope.ADMIN, widens_access=False, status=204, errors=(NotFound,),
    ),
]  # fmt: skip

sessions = blueprint("sessions", "/api/v1", ENDPOINTS, tag="accounts", words=(WORDS,))
