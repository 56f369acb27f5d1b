"""Every SELECT on notices, and the statement that removes them."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from wxcloudrun.notices.models import Notice


def notices_of(session: Session, user_id: int, limit: int) -> Sequence[Notice]:
    """Return the newest notices of somebody, newest first."""
    statement = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(limit)
    return session.execute(statement).scalars().all()


def forget_notices(session: Session, user_id: int, last_id: int) -> None:
    """Remove the notices of somebody up to one of them."""
    session.execute(delete(Notice).where(Notice.user_id == user_id, Notice.id <= last_id))
