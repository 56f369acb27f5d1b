"""Every SELECT on sessions and their tokens, and the statements that end many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, select, update
from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import Moment, is_over
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.windows import change_all
from wxcloudrun.kit.written_later import lock_free, note_moments
from wxcloudrun.secrecy.derived_keys import HashAndKey
from wxcloudrun.sessions.models import LoginSession, RefreshToken, RevokedToken
from wxcloudrun.users.reads import User


@dataclass(frozen=True, slots=True)
class Life:
    """How long sessions live: not more than `longest` without use, and `whole` from their beginning."""

    now: datetime
    longest: timedelta
    whole: timedelta

    def parameters(self) -> dict[str, datetime]:
        """Return the parameters of `is_live`."""
        latest = clock.latest_credible(self.now, self.longest)
        return {"now": self.now, "latest": latest, "earliest": self.now - self.whole}


def is_live(now: Moment, latest: Moment, earliest: Moment) -> ColumnElement[bool]:
    """Return the condition for sessions that were neither ended nor left alone for too long.

    Those that began before `earliest` are over, however often they were refreshed. One that claims a later
    end than any session gets was made while a clock was ahead: it would last as much longer.
    """
    is_not_over = and_(LoginSession.expires_at > now, LoginSession.expires_at <= latest)
    return and_(LoginSession.ended_at.is_(None), is_not_over, LoginSession.created_at > earliest)


def lock_refresh_token(session: Session, hashes: Sequence[str]) -> RefreshToken | None:
    """Return a refresh token for its use: of two that use it at once, one waits.

    `hashes` is what may be stored of it.
    """
    statement = select(RefreshToken).where(RefreshToken.token_hash.in_(hashes))
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def renew_hashes_of_cookies(session: Session, hashes: Mapping[str, HashAndKey]) -> None:
    """Write newer hashes of the cookies of sessions; skip what others hold."""
    for session_id in lock_free(session, LoginSession.id, hashes):
        values = {"cookie_hash": hashes[session_id].value, "hashed_with": hashes[session_id].key_name}
        session.execute(update(LoginSession).where(LoginSession.id == session_id).values(values))


def live_login(session: Session, session_id: str, life: Life) -> tuple[LoginSession, User] | None:
    """Return a live session and the active person whose it is."""
    live = is_live(**life.parameters())
    row = session.execute(
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.id == session_id, User.is_active, live)
    ).one_or_none()
    return None if row is None else (row.LoginSession, row.User)


def page_of_sessions(
    session: Session, user_id: int, page: PageRequest[str], life: Life
) -> Page[LoginSession]:
    """Return the live sessions of a user by id."""
    live = is_live(**life.parameters())
    statement = select(LoginSession).where(LoginSession.user_id == user_id, live)
    if page.after is not None:
        statement = statement.where(LoginSession.id > page.after)
    rows = session.execute(statement.order_by(LoginSession.id).limit(page.limit + 1)).scalars().all()
    return Page.cut(rows, page.limit, lambda each: each.id)


def note_uses_of_sessions(session: Session, uses: Mapping[str, datetime], *, every: timedelta) -> None:
    """Write down when sessions were used, unless about that time is noted already; skip what others hold."""
    note_moments(session, LoginSession.id, LoginSession.last_used_at, uses, every=every)


def end_own_session(session: Session, user_id: int, session_id: str, now: datetime) -> bool:
    """End one session of a user; False if there is none of theirs, or it has ended already."""
    mine = and_(LoginSession.id == session_id, LoginSession.user_id == user_id)
    ended = session.execute(
        update(LoginSession).where(mine, LoginSession.ended_at.is_(None)).values(ended_at=now)
    )
    return cast("CursorResult[Any]", ended).rowcount == 1


def note_proof(session: Session, session_id: str, now: datetime) -> bool:
    """Note that the person of a session has proved who they are; False if it has ended."""
    noted = session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(proved_at=now, last_used_at=now)
    )
    return cast("CursorResult[Any]", noted).rowcount == 1


def end_session(session: Session, session_id: str, now: datetime) -> bool:
    """End one session; False if it has ended already."""
    ended = session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    return cast("CursorResult[Any]", ended).rowcount == 1


def end_sessions_of(session: Session, user_id: int, *, but: str | None, now: datetime) -> None:
    """End every session of a user, but for the one named."""
    running = [LoginSession.user_id == user_id, LoginSession.ended_at.is_(None)]
    if but is not None:
        running.append(LoginSession.id != but)
    change_all(session, LoginSession.id, and_(*running), {"ended_at": now})


def is_revoked(session: Session, jti: str) -> bool:
    """Tell whether an access token was given back."""
    return session.execute(select(exists().where(RevokedToken.jti == jti))).scalar_one()


def expired(now: datetime, longest: timedelta) -> Sequence[tuple[type[Base], ColumnElement[bool]]]:
    """Return which sessions and revocations time has made meaningless; a session lasts `longest` at most.

    A session with a later end must not come to life when the time comes that it was made at. A revocation
    is kept to its end, however far that is: the token may be as far ahead.
    """
    return (
        (LoginSession, is_over(LoginSession.expires_at, now, longest)),
        (RevokedToken, RevokedToken.expires_at < now),
    )
