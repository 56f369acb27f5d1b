"""HTTP in, HTTP out, for logins; and the cookie that keeps browsers logged in."""

from typing import cast

from flask import Response, current_app, request

from wxcloudrun.config import Settings
from wxcloudrun.sessions.schemas import LoginIn, RefreshIn, TokensOut
from wxcloudrun.sessions.service.sessions import LoggedIn, SessionService
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import ok

COOKIE = "session_id"


def log_in(body: LoginIn) -> Response:
    """200 with tokens, and the cookie."""
    return logged_in(service(SessionService).log_in(actor(), body.email, body.password))


def refresh(body: RefreshIn) -> Response:
    """200 with tokens."""
    return ok(TokensOut.model_validate(service(SessionService).refresh(actor(), body.refresh_token)))


def log_out() -> Response:
    """200, and the cookie is taken back."""
    service(SessionService).log_out(actor())
    return without_cookie(ok())


# --- The cookie ------------------------------------------------------------------------------------


def logged_in(opened: LoggedIn) -> Response:
    """Answer tokens, and set the cookie for browsers."""
    response = ok(TokensOut.model_validate(opened))
    response.set_cookie(
        COOKIE,
        opened.cookie,
        max_age=opened.cookie_seconds,
        path="/",
        secure=is_over_https(),
        httponly=True,
        samesite="Lax",
    )
    return response


def without_cookie(response: Response) -> Response:
    """Make the browser forget its session."""
    response.delete_cookie(COOKIE, path="/", secure=is_over_https(), httponly=True, samesite="Lax")
    return response


def is_over_https() -> bool:
    """Tell whether browsers reach us over HTTPS."""
    return request.is_secure or settings().base_url.startswith("https://")


def settings() -> Settings:
    """Return the settings of the application."""
    return cast("Settings", current_app.extensions["settings"])
