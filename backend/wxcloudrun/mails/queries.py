"""Every SELECT on mailed tokens, and the statement that removes them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from wxcloudrun.mails.models import MailedToken
from wxcloudrun.mails.rules import TokenPurpose


def live_token(
    session: Session, hashes: Sequence[str], purpose: TokenPurpose, now: datetime
) -> MailedToken | None:
    """Return the token of which one of `hashes` is stored, if it is good for this now."""
    statement = select(MailedToken).where(
        MailedToken.token_hash.in_(hashes), MailedToken.purpose == purpose, MailedToken.expires_at > now
    )
    return session.execute(statement).scalar_one_or_none()


def use_token(session: Session, token: MailedToken) -> bool:
    """Remove a token; False if somebody else was faster."""
    statement = select(MailedToken).where(MailedToken.token_hash == token.token_hash).with_for_update()
    row = session.execute(statement).scalar_one_or_none()
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def forget_tokens(session: Session, user_id: int, purpose: TokenPurpose) -> None:
    """Let all of somebody's tokens for this be good no more."""
    statement = delete(MailedToken).where(MailedToken.user_id == user_id, MailedToken.purpose == purpose)
    session.execute(statement)


def is_over(now: datetime) -> ColumnElement[bool]:
    """Return the condition on tokens that are good for nothing any more."""
    return MailedToken.expires_at <= now
