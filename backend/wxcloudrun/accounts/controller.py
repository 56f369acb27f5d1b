"""HTTP in, HTTP out, for accounts; and the reading of credentials from requests."""

from typing import cast

from flask import Response, current_app, request

from wxcloudrun.accounts import rules
from wxcloudrun.accounts.gateway import WechatPerson, is_wechat_id
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
from wxcloudrun.accounts.service.administration import UserAdministrationService, UserChange
from wxcloudrun.accounts.service.binding import BindingService
from wxcloudrun.accounts.service.identify import IdentityService, Presented, PresentedAs
from wxcloudrun.accounts.service.keys import KeyService, KeyWish
from wxcloudrun.accounts.service.revoke import RevocationService
from wxcloudrun.accounts.service.sessions import LoggedIn, SessionService
from wxcloudrun.accounts.service.users import UserService
from wxcloudrun.accounts.service.wechat import WechatProof, WechatService
from wxcloudrun.config import Settings
from wxcloudrun.kit.errors import Forbidden
from wxcloudrun.kit.security import Actor, CredentialKind
from wxcloudrun.kit.web import pages
from wxcloudrun.kit.web.endpoint import actor, service
from wxcloudrun.kit.web.envelope import no_content, ok
from wxcloudrun.kit.web.pages import PageQuery
from wxcloudrun.kit.web.parsing import row_id
from wxcloudrun.kit.web.proxies import came_through_proxies

COOKIE = "session_id"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


# --- Who is asking ---------------------------------------------------------------------------------


def identify_caller() -> Actor:
    """Return the caller of the current request.

    Raises Unauthorized for a credential that is not valid, and Forbidden for a write that a browser
    sends along with our cookie because some other site told it to.
    """
    caller = service(IdentityService).identify(presented())
    if caller.credential is CredentialKind.SESSION and request.method not in SAFE_METHODS:
        refuse_other_sites()
    return caller


def presented() -> Presented | None:
    """Return the credential of the request: what the header says, else the cookie."""
    if request.headers.get("Authorization"):
        return in_header()
    cookie = request.cookies.get(COOKIE)
    return Presented(PresentedAs.COOKIE, cookie) if cookie else None


def in_header() -> Presented:
    """Read the Authorization header (RFC 6750 Bearer, RFC 7617 Basic)."""
    given = request.authorization
    if given is not None and given.type == "bearer" and given.token:
        return Presented(PresentedAs.BEARER, given.token)
    if given is not None and given.type == "basic" and given.password:
        return Presented(PresentedAs.PASSWORD, given.password)
    return Presented(PresentedAs.UNREADABLE)


def refuse_other_sites() -> None:
    """Raise Forbidden unless the request comes from our own pages or from no browser."""
    ours = rules.is_our_own(
        origin=request.headers.get("Origin"),
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        host=request.host,
        allowed_origins=(settings().base_url, *settings().cors_origins),
    )
    if not ours:
        raise Forbidden("another site sent this with your cookie; send an Authorization header instead")


# --- Logins ----------------------------------------------------------------------------------------


def register(body: RegistrationIn) -> Response:
    """201 with the user."""
    made = service(UserService).register(
        actor(), email=body.email, password=body.password, username=body.username
    )
    return ok(UserOut.model_validate(made), status=201)


def log_in(body: LoginIn) -> Response:
    """200 with tokens, and the cookie."""
    return logged_in(service(SessionService).log_in(actor(), body.email, body.password))


def log_in_by_wechat(body: WechatIn) -> Response:
    """200 with tokens, and the cookie."""
    return logged_in(service(WechatService).log_in(actor(), wechat_proof(body)))


def bind_wechat(body: WechatIn) -> Response:
    """200 with the user."""
    bound = service(BindingService).bind_wechat(actor(), wechat_proof(body))
    return ok(UserOut.model_validate(bound))


def bind_email(body: EmailIn) -> Response:
    """200 with the user."""
    bound = service(BindingService).bind_email(actor(), body.email, body.password)
    return ok(UserOut.model_validate(bound))


def wechat_proof(body: WechatIn) -> WechatProof:
    """Return what the request brings: its code, unless WeChat's own gateway states the person.

    Behind WeChat Cloud Hosting the gateway replaces these headers in every request; anywhere else
    anybody could write them.
    """
    stated = None
    openid = request.headers.get("X-WX-OPENID")
    if settings().wx_trust_cloud_headers and came_through_proxies() and is_wechat_id(openid):
        unionid = request.headers.get("X-WX-UNIONID")
        stated = WechatPerson(str(openid), unionid if is_wechat_id(unionid) else None)
    return WechatProof(body.code, stated)


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


def refresh(body: RefreshIn) -> Response:
    """200 with tokens."""
    return ok(TokensOut.model_validate(service(SessionService).refresh(actor(), body.refresh_token)))


def log_out() -> Response:
    """200, and the cookie is taken back."""
    service(SessionService).log_out(actor())
    return without_cookie(ok())


def show_me() -> Response:
    """200 with the user."""
    return ok(UserOut.model_validate(service(UserService).me(actor())))


def change_password(body: PasswordIn) -> Response:
    """200."""
    service(UserService).change_password(actor(), current=body.current_password, new=body.new_password)
    return ok()


def revoke_credential() -> Response:
    """204; a session's cookie is taken back."""
    service(RevocationService).revoke(actor())
    is_session = actor().credential is CredentialKind.SESSION
    return without_cookie(no_content()) if is_session else no_content()


# --- API keys --------------------------------------------------------------------------------------


def make_key(body: KeyIn) -> Response:
    """200 with the key, shown once."""
    wish = KeyWish(body.name, body.scopes, body.project, body.expires_in_days)
    return ok(KeyMadeOut.of(service(KeyService).make(actor(), wish)))


def list_keys(query: PageQuery) -> Response:
    """200 with a page of keys."""
    page = service(KeyService).page(actor(), pages.requested(query, int))
    return pages.answer(page, KeyOut.model_validate)


def revoke_key(key_id: str) -> Response:
    """204."""
    service(KeyService).revoke(actor(), row_id(key_id, "API key"))
    return no_content()


def rotate_key(key_id: str, body: RotationIn) -> Response:
    """200 with the new key, shown once."""
    made = service(KeyService).rotate(actor(), row_id(key_id, "API key"), overlap_hours=body.overlap_hours)
    return ok(KeyMadeOut.of(made))


# --- Users, for administrators ---------------------------------------------------------------------


def list_users(query: PageQuery) -> Response:
    """200 with a page of users."""
    page = service(UserAdministrationService).page(actor(), pages.requested(query, int))
    return pages.answer(page, UserOut.model_validate)


def create_user(body: UserIn) -> Response:
    """201 with the user."""
    made = service(UserAdministrationService).create(
        actor(), username=body.username, email=body.email, password=body.password
    )
    return ok(UserOut.model_validate(made), status=201)


def get_user(user_id: str) -> Response:
    """200 with the user."""
    found = service(UserAdministrationService).get(actor(), row_id(user_id, "user"))
    return ok(UserOut.model_validate(found))


def change_user(user_id: str, body: UserPatch) -> Response:
    """200 with the user as they are now."""
    change = UserChange(**body.model_dump())
    changed = service(UserAdministrationService).change(actor(), row_id(user_id, "user"), change)
    return ok(UserOut.model_validate(changed))


def delete_user(user_id: str) -> Response:
    """204."""
    service(UserAdministrationService).delete(actor(), row_id(user_id, "user"))
    return no_content()


# --- What they share -------------------------------------------------------------------------------


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
