"""The reading of credentials from requests; and giving back the one that was presented."""

from flask import Response, request

from wxcloudrun.identity import rules
from wxcloudrun.identity.service.identify import IdentityService, Presented, PresentedAs
from wxcloudrun.identity.service.revoke import RevocationService
from wxcloudrun.kit.errors import Forbidden
from wxcloudrun.kit.security import Actor, CredentialKind
from wxcloudrun.kit.texts import text
from wxcloudrun.sessions.controller import is_over_https, presented_cookie, settings, without_cookie
from wxcloudrun.web.afterwards import after_answer
from wxcloudrun.web.authorization import basic_password, bearer_token
from wxcloudrun.web.endpoint import actor, service
from wxcloudrun.web.envelope import no_content

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def identify_caller() -> Actor:
    """Return the caller of the current request.

    Raises Unauthorized for a credential that is not valid, and Forbidden for a write that a browser
    sends along with our cookie because some other site told it to.
    """
    identities = service(IdentityService)
    caller = identities.identify(presented())
    for write_down in identities.to_write:
        after_answer(write_down)
    if caller.credential is CredentialKind.SESSION and request.method not in SAFE_METHODS:
        refuse_other_sites()
    return caller


def presented() -> Presented | None:
    """Return the credential of the request: what the header says, else the cookie."""
    if request.headers.get("Authorization"):
        return in_header()
    cookie = presented_cookie()
    return Presented(PresentedAs.COOKIE, cookie) if cookie else None


def in_header() -> Presented:
    """Read the Authorization header (RFC 6750 Bearer, RFC 7617 Basic)."""
    token, password = bearer_token(), basic_password()
    if token is not None:
        return Presented(PresentedAs.BEARER, token)
    if password is not None:
        return Presented(PresentedAs.PASSWORD, password)
    return Presented(PresentedAs.UNREADABLE)


def refuse_other_sites() -> None:
    """Raise Forbidden unless the request comes from our own pages or from no browser."""
    if not is_our_own_page():
        raise Forbidden(text("another site sent this with your cookie; send an Authorization header instead"))


def is_our_own_page() -> bool:
    """Tell whether the request comes from our own pages, or from no browser."""
    return rules.is_our_own(
        origin=request.headers.get("Origin"),
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        own_origin=f"{'https' if is_over_https() else request.scheme}://{request.host}",
        allowed_origins=(settings().base_url, *settings().cors_origins),
    )


def revoke_credential() -> Response:
    """204; a session's cookie is taken back."""
    service(RevocationService).revoke(actor())
    is_session = actor().credential is CredentialKind.SESSION
    return without_cookie(no_content()) if is_session else no_content()
