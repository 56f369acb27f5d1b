"""Every SELECT on known addresses."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from wxcloudrun.attempts.models import KnownAddress
from wxcloudrun.kit import clock


def known_address(session: Session, user_id: int, network: str) -> KnownAddress | None:
    """Return the note that a user has logged in from there."""
    statement = select(KnownAddress).where(KnownAddress.user_id == user_id, KnownAddress.network == network)
    return session.execute(statement).scalar_one_or_none()


def is_forgotten(now: datetime, kept: timedelta) -> ColumnElement[bool]:
    """Return the condition for addresses that nobody has logged in from for so long.

    One that was seen in the future was noted by a clock that was wrong: nobody knows how long ago it was.
    """
    last_seen = KnownAddress.last_seen_at
    return or_(last_seen < now - kept, last_seen > clock.latest_credible(now))
