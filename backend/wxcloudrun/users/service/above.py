"""What users need of the domains above them, which they do not know: handed over in the wiring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session


class EndSessions(Protocol):
    """Ends the sessions of a user."""

    def __call__(self, session: Session, user_id: int, *, but: str | None, now: datetime) -> None:
        """End every session of a user, but for the one named."""


@dataclass(frozen=True, slots=True)
class AboveUsers:
    """What has to happen elsewhere when a user changes or leaves."""

    end_sessions: EndSessions
    forget_wechat_identity: Callable[[Session, int], None]
    projects_solely_owned_by: Callable[[Session, int], Sequence[str]]
