"""When each session was last used, to a quarter of an hour: enough to recognise a strange one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.written_later import WrittenLater
from wxcloudrun.sessions import queries

NOTED_EVERY = timedelta(minutes=15)


class SessionUses(WrittenLater[str, datetime]):
    """The uses that the database does not know of yet."""

    def __init__(self) -> None:
        super().__init__(write_uses)

    def note(self, session_id: str, last_used_at: datetime | None) -> None:
        """Remember that a session is being used, unless the database knows of a use just before."""
        now = clock.now()
        if last_used_at is None or abs(now - last_used_at) > NOTED_EVERY:
            self.remember(session_id, now)


def write_uses(session: Session, uses: Mapping[str, datetime]) -> None:
    """Write down when sessions were used."""
    queries.note_uses_of_sessions(session, uses, every=NOTED_EVERY)
