"""The SELECT that shows that the database answers."""

from sqlalchemy import literal, select
from sqlalchemy.orm import Session


def ping(session: Session) -> None:
    """Ask the database anything."""
    session.execute(select(literal(1)))
