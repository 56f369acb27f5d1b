"""Who somebody is, and by what they get in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.keys.reads import scopes_of_keys
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.security import Actor, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.notices.service.notices import NoticeView, unseen
from wxcloudrun.second_factors.service.enrolment import FactorView, view
from wxcloudrun.users.reads import User, UserView, user, user_view
from wxcloudrun.wechat.reads import bound_at


@dataclass(frozen=True, slots=True)
class WaysIn:
    """By what somebody gets in to their account."""

    has_password: bool
    email: str | None
    email_verified_at: datetime | None
    wechat_bound_at: datetime | None
    keys: int
    keys_by_scope: Mapping[Scope, int]  # a key counts for each of its scopes
    second_factor: FactorView


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks; keys get to see no more than that."""

    user: UserView
    ways_in: WaysIn | None
    notices: Sequence[NoticeView] | None


class ShowingService:
    """Shows people themselves."""

    def me(self, actor: Actor) -> Me:
        """Show the caller. Raises Unauthorized if they were deleted this very moment."""
        with reading() as session:
            found = None if actor.user_id is None else user(session, actor.user_id)
            if found is None:
                raise Unauthorized(text("log in or present an API key"))
            if actor.session_id is None:
                return Me(user_view(found), None, None)
            return Me(user_view(found), ways_in(session, found), unseen(session, found.id))


def ways_in(session: Session, found: User) -> WaysIn:
    """Return by what somebody gets in."""
    keys = scopes_of_keys(session, found.id, clock.now())
    return WaysIn(
        has_password=found.has_password,
        email=found.email,
        email_verified_at=found.email_verified_at,
        wechat_bound_at=bound_at(session, found.id),
        keys=len(keys),
        keys_by_scope={scope: sum(scope in each for each in keys) for scope in Scope},
        second_factor=view(session, found),
    )
