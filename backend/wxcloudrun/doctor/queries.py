"""Every SELECT of the examination."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from wxcloudrun.keys.reads import ApiKey, is_usable
from wxcloudrun.kit import clock
from wxcloudrun.second_factors.reads import RecoveryCode
from wxcloudrun.sessions.reads import LoginSession, RefreshToken
from wxcloudrun.users.reads import User, is_person

type Counts = Mapping[str | None, int]


def usable_keys_by_key(session: Session, now: datetime) -> Counts:
    """Return how many API keys that work were hashed with each key of the server, by its name."""
    usable = is_usable(now, clock.latest_credible(now))
    statement = select(ApiKey.hashed_with, func.count()).where(usable).group_by(ApiKey.hashed_with)
    return counted(session, statement)


def open_cookies_by_key(session: Session, now: datetime) -> Counts:
    """Return the same of the cookies of logins that are not over."""
    is_open = and_(LoginSession.ended_at.is_(None), LoginSession.expires_at > now)
    statement = select(LoginSession.hashed_with, func.count()).where(is_open)
    return counted(session, statement.group_by(LoginSession.hashed_with))


def open_refresh_tokens_by_key(session: Session, now: datetime) -> Counts:
    """Return the same of refresh tokens that nobody has used yet."""
    is_open = and_(
        RefreshToken.used_at.is_(None), RefreshToken.expires_at > now, LoginSession.ended_at.is_(None)
    )
    statement = (
        select(RefreshToken.hashed_with, func.count())
        .join(LoginSession, LoginSession.id == RefreshToken.session_id)
        .where(is_open)
    )
    return counted(session, statement.group_by(RefreshToken.hashed_with))


def recovery_codes_by_key(session: Session) -> Counts:
    """Return the same of recovery codes; None stands for those that do not say."""
    statement = select(RecoveryCode.hashed_with, func.count())
    return counted(session, statement.group_by(RecoveryCode.hashed_with))


def count_administrators_without_second_factor(session: Session) -> int:
    """Return how many active administrators come in with a password alone."""
    bare = and_(User.is_admin, User.is_active, User.second_factor_at.is_(None), is_person())
    return session.execute(select(func.count()).select_from(User).where(bare)).scalar_one()


def counted(session: Session, statement: Select[str | None, int]) -> Counts:
    """Return what a statement counts, by the name of a key."""
    return {row[0]: row[1] for row in session.execute(statement)}


def count_keys_without_end(session: Session) -> int:
    """Return how many API keys work until somebody revokes them."""
    endless = and_(ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_(None))
    return session.execute(select(func.count()).select_from(ApiKey).where(endless)).scalar_one()
