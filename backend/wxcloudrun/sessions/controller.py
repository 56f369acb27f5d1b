"""HTTP in, HTTP out, for logins; and the cookie that keeps browsers logged in."""

from collections.abc import Iterable
from typing import cast

from flask import Response, current_app, request

from wxcloudrun.attempts.rules import DEVICE_LIFETIME
from wxcloudrun.config import Settings
from wxcloudrun.kit.security import DEVICE_COOKIE
from wxcloudrun.sessions.schemas import LoginIn, LoginOut, LoginSessionOut, RefreshIn, TokensOut
from wxcloudrun.sessions.service.own import OwnSessionService
from wxcloudrun.sessions.service.sessions import LoggedIn, SessionService
from wxcloudrun.web import pages
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content, ok
from wxcloudrun.web.pages import PageQuery

COOKIE = "session_id"
# Browsers take it from us alone, over TLS, for this very host and all of its paths (RFC 6265bis 4.1.3.2): no
# other name below our domain can plant one.
HOST_COOKIE = f"__Host-{COOKIE}"


def log_in(body: LoginIn) -> Response:
    """200 with tokens, and the cookie."""
    opened = service(SessionService).log_in(
        actor(), body.email, body.password, code=body.second_factor, device=device()
    )
    return logged_in(opened)


def refresh(body: RefreshIn) -> Response:
    """200 with tokens."""
    return ok(TokensOut.model_validate(service(SessionService).refresh(actor(), body.refresh_token)))


def log_out() -> Response:
    """200, and the cookie is taken back."""
    service(SessionService).log_out(actor())
    return without_cookie(ok())


def list_sessions(query: PageQuery) -> Response:
    """200 with a page of sessions."""
    page = service(OwnSessionService).page(actor(), pages.requested(query, str))
    return pages.answer(page, LoginSessionOut.model_validate)


def end_session(login_id: str) -> Response:
    """204."""
    service(OwnSessionService).end(actor(), login_id)
    return no_content()


def device() -> str | None:
    """Return what the client calls itself; people recognise their sessions by it."""
    return request.headers.get("User-Agent")


# --- The cookie ------------------------------------------------------------------------------------


def logged_in(opened: LoggedIn) -> Response:
    """Answer tokens, and set the cookie for browsers."""
    response = ok(LoginOut.model_validate(opened))
    name = HOST_COOKIE if is_over_https() else COOKIE
    response.set_cookie(
        name,
        opened.cookie,
        max_age=opened.cookie_seconds,
        path="/",
        secure=is_over_https(),
        httponly=True,
        samesite="Lax",
    )
    if opened.device_cookie is not None:
        # It outlives the session, and opens nothing: by it nobody else's failures hold this browser up.
        response.set_cookie(
            DEVICE_COOKIE,
            opened.device_cookie,
            max_age=DEVICE_LIFETIME,
            path="/api/v1/auth",
            secure=is_over_https(),
            httponly=True,
            samesite="Strict",
        )
    return without_cookies(response, set(request.cookies) & {COOKIE, HOST_COOKIE} - {name})


def without_cookie(response: Response) -> Response:
    """Make the browser forget its session."""
    return without_cookies(response, set(request.cookies) & {COOKIE, HOST_COOKIE} or {COOKIE})


def without_cookies(response: Response, names: Iterable[str]) -> Response:
    """Make the browser forget cookies of these names."""
    for name in sorted(names):
        response.delete_cookie(name, path="/", secure=is_over_https(), httponly=True, samesite="Lax")
    return response


def presented_cookie() -> str | None:
    """Return the cookie of a session that came with the request.

    The name without the prefix counts too: it is that of servers without TLS, and logins from before the
    prefix go on with it until they are over.
    """
    return request.cookies.get(HOST_COOKIE) or request.cookies.get(COOKIE)


def is_over_https() -> bool:
    """Tell whether browsers reach us over HTTPS."""
    return request.is_secure or settings().is_https


def settings() -> Settings:
    """Return the settings of the application."""
    return cast("Settings", current_app.extensions["settings"])
