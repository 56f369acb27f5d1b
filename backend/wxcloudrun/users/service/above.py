"""What users need of the domains above them, which they do not know: handed over in the wiring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.security import Actor
from wxcloudrun.users.models import User


class EndSessions(Protocol):
    """Ends the sessions of a user."""

    def __call__(self, session: Session, user_id: int, *, but: str | None, now: datetime) -> None:
        """End every session of a user, but for the one named."""


class EndWaysIn(Protocol):
    """Ends what lets somebody in: sessions, keys, a bound WeChat user, unfinished uploads."""

    def __call__(self, tx: Transaction, actor: Actor, user: User, *, but: str | None, is_reset: bool) -> None:
        """End everything of a user, who is locked, but for the session named.

        After a reset the password is the only way in. Otherwise a WeChat user who is the only way in stays,
        and so does a second factor.
        """


@dataclass(frozen=True, slots=True)
class AboveUsers:
    """What has to happen elsewhere when a user changes or leaves."""

    end_sessions: EndSessions
    end_ways_in: EndWaysIn
    forget_wechat_identity: Callable[[Session, int], bool]
    projects_solely_owned_by: Callable[[Session, int], Sequence[str]]
