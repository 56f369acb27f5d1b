"""One's own sessions: looking at them, and ending one."""

from dataclasses import dataclass
from datetime import datetime

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.sessions import queries
from wxcloudrun.sessions.events import SESSION_ENDED
from wxcloudrun.sessions.models import LoginSession
from wxcloudrun.sessions.service.lifetimes import Lifetimes


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its person sees it; its id opens nothing."""

    id: str
    is_this: bool
    created_at: datetime
    last_used_at: datetime | None
    proved_at: datetime | None
    expires_at: datetime
    address: str | None
    device: str | None


class OwnSessionService:
    """Shows people their sessions, and ends the one that they mean."""

    def __init__(self, *, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes

    def page(self, actor: Actor, page: PageRequest[str]) -> Page[SessionView]:
        """List the caller's live sessions by id. Raises Unauthorized, Forbidden for an API key."""
        user_id, life = actor.require_login(), self._lifetimes.life(clock.now())
        with reading() as session:
            found = queries.page_of_sessions(session, user_id, page, life)
        return Page([session_view(row, actor) for row in found.items], found.next_after)

    def end(self, actor: Actor, session_id: str) -> None:
        """End one of the caller's sessions. Raises NotFound, in the same words for somebody else's."""
        user_id = actor.require_login()

        def work(tx: Transaction) -> None:
            if not queries.end_own_session(tx.session, user_id, session_id, clock.now()):
                raise NotFound(text("there is no such session"))
            announce(tx, actor, SESSION_ENDED, Subject(f"user/{user_id}"), before={"session": session_id})

        atomically(work)


def session_view(row: LoginSession, actor: Actor) -> SessionView:
    """Shape a session for an answer."""
    return SessionView(
        id=row.id,
        is_this=row.id == actor.session_id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        proved_at=row.proved_at,
        expires_at=row.expires_at,
        address=row.address,
        device=row.device,
    )
