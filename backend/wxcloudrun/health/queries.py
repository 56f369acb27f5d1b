"""The statements that show that the database answers, and that it can be written to."""

from sqlalchemy import false, literal, select, update
from sqlalchemy.orm import Session

from wxcloudrun.stores.limits.sql import RateCounter


def ping(session: Session) -> None:
    """Ask the database anything."""
    session.execute(select(literal(1)))


def change_nothing(session: Session) -> None:
    """Change rows, but none: a database that can only be read refuses that too."""
    session.execute(update(RateCounter).where(false()).values(hits=0))
