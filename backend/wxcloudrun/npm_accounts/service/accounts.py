"""Who somebody is to npm, which keys they have, and the end of one."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from wxcloudrun.identity.service.identify import IdentityService, Presented, PresentedAs
from wxcloudrun.identity.service.revoke import RevocationService
from wxcloudrun.keys.service.keys import KeyService, KeyView, known
from wxcloudrun.kit.db import asking, reading
from wxcloudrun.kit.errors import NotFound, Unauthorized
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.users.reads import user


class NpmProfile(NamedTuple):
    """Somebody as npm shows them to themselves."""

    username: str
    email: str | None
    is_verified: bool
    has_second_factor: bool
    created_at: datetime


class NpmAccountService:
    """Answers clients about who uses them, in a project that these may read."""

    def __init__(
        self,
        *,
        packages: PackageService,
        identity: IdentityService,
        keys: KeyService,
        revocation: RevocationService,
    ) -> None:
        self._packages = packages
        self._identity = identity
        self._keys = keys
        self._revocation = revocation

    def profile(self, actor: Actor, project: str) -> NpmProfile:
        """Return who is asking. Raises Unauthorized, NotFound for a project that they do not see."""
        self._admit(actor, project)
        with reading() as session:
            found = user(session, known(actor))
        if found is None:
            raise Unauthorized(text("log in or present an API key"))
        return NpmProfile(
            found.username,
            found.email,
            found.email_verified_at is not None,
            found.second_factor_at is not None,
            found.created_at,
        )

    def keys(self, actor: Actor, project: str, page: PageRequest[int]) -> Page[KeyView]:
        """List the caller's keys. Raises Unauthorized, NotFound."""
        self._admit(actor, project)
        return self._keys.page(actor, page)

    def log_out(self, actor: Actor, token: str) -> None:
        """End a credential of the caller's: who holds it may end it, whatever it is good for.

        Raises NotFound for what is none, or somebody else's.
        """
        try:
            held = self._identity.identify(Presented(PresentedAs.BEARER, token))
        except Unauthorized:
            raise no_such_token() from None
        if held.user_id != known(actor) or held.upload_session is not None:
            raise no_such_token()
        self._revocation.revoke(replace(held, address=actor.address, request_id=actor.request_id))

    def _admit(self, actor: Actor, project: str) -> None:
        known(actor)
        with asking() as reader:
            self._packages.admit_to_project(reader, actor, project, Action.PROJECT_READ)


def no_such_token() -> NotFound:
    """Refuse a token, whatever is wrong with it."""
    return NotFound(text("there is no such token of yours"))
