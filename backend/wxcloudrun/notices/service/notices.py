"""Telling people what has changed about their ways in, until they say that they have seen it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.events import Event, Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.notices import queries
from wxcloudrun.notices.events import NOTICES_SEEN
from wxcloudrun.notices.models import Notice
from wxcloudrun.notices.rules import SHOWN, is_notable, whose


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as an answer shows it."""

    id: int
    what: str
    at: datetime
    address: str | None


class NoticeService:
    """Lets people say what they have seen."""

    def see(self, actor: Actor, last_id: int) -> None:
        """Show the caller's notices up to this one no more.

        Raises ProofNeeded: whoever has changed something with a stolen token could hide it.
        """
        user_id = actor.require_proof()

        def work(tx: Transaction) -> None:
            queries.forget_notices(tx.session, user_id, last_id)
            announce(tx, actor, NOTICES_SEEN, Subject(f"user/{user_id}"), after={"up_to": last_id})

        atomically(work)


def note(tx: Transaction, event: Event) -> None:
    """Put a notice down for whom an event is about, in its transaction."""
    if is_notable(event):
        notice = Notice(
            user_id=whose(event),
            what=event.kind.name,
            noticed_at=clock.now(),
            address=event.actor.address,
        )
        tx.session.add(notice)


def unseen(session: Session, user_id: int) -> Sequence[NoticeView]:
    """Return the newest notices that somebody has not said to have seen, newest first."""
    rows = queries.notices_of(session, user_id, SHOWN)
    return [NoticeView(row.id, row.what, row.noticed_at, row.address) for row in rows]
