"""Every SELECT on accounts, and the statements that change many rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    Label,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import (
    ApiKey,
    KnownAddress,
    LoginSession,
    RefreshToken,
    RevokedToken,
    User,
    WechatIdentity,
    read_scopes,
)
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Scope


def username_of(user_id: Any) -> Label[str | None]:
    """Select the name of the user in a column of a list's rows, as `username`.

    A query of its own and no join: where there are few users MySQL begins a join with them, and then reads
    and sorts the whole list for one page of it.
    """
    return select(User.username).where(User.id == user_id).scalar_subquery().label("username")


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as an answer shows them."""

    id: int
    email: str | None
    username: str
    is_active: bool
    is_admin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose live session it is."""

    user_id: int
    is_admin: bool
    session_id: str


@dataclass(frozen=True, slots=True)
class KeyIdentity:
    """Whose live API key it is, and what it may do."""

    user_id: int
    is_admin: bool
    key_id: int
    key_hash: str
    scopes: frozenset[Scope]
    project_id: int | None
    last_used_at: datetime | None


# --- Identification: one statement each ------------------------------------------------------------


# The statements are built once, because every request asks one of them and building takes longer than that.


def identity_of_token(
    reader: Reader, *, session_id: str, user_id: int, jti: str, now: datetime
) -> Identity | None:
    """Return whose access token it is: the user is active, the session lives, nobody revoked it."""
    claims = {"session_id": session_id, "user_id": user_id, "jti": jti, "now": now}
    row = reader.execute(bearers(), claims).one_or_none()
    return None if row is None else Identity(*row)


def identity_of_cookie(reader: Reader, cookie_hash: str, now: datetime) -> Identity | None:
    """Return whose session cookie it is."""
    row = reader.execute(cookie_owners(), {"cookie_hash": cookie_hash, "now": now}).one_or_none()
    return None if row is None else Identity(*row)


@cache
def bearers() -> Select[int, bool, str]:
    """Select the Identity behind the claims of a token."""
    revoked = exists().where(RevokedToken.jti == bindparam("jti"))
    mine = and_(LoginSession.id == bindparam("session_id"), User.id == bindparam("user_id"))
    return live_identities().where(mine, ~revoked)


@cache
def cookie_owners() -> Select[int, bool, str]:
    """Select the Identity behind a cookie."""
    return live_identities().where(LoginSession.cookie_hash == bindparam("cookie_hash"))


def live_identities() -> Select[int, bool, str]:
    """Select what an Identity holds, in its order: active users of live sessions."""
    return (
        select(User.id, User.is_admin, LoginSession.id)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(User.is_active, is_live(bindparam("now")))
    )


def identities_of_prefix(reader: Reader, prefix: str, now: datetime) -> Sequence[KeyIdentity]:
    """Return the live keys of active users that begin with `prefix`: one or none, but for chance."""
    rows = reader.execute(usable_keys(), {"prefix": prefix, "now": now})
    return [KeyIdentity(**{**row._mapping, "scopes": read_scopes(row.scopes)}) for row in rows]  # noqa: SLF001  # public by its documentation


@cache
def usable_keys() -> Select[*tuple[Any, ...]]:
    """Select what a KeyIdentity holds."""
    return (
        select(
            ApiKey.user_id,
            User.is_admin,
            ApiKey.id.label("key_id"),
            ApiKey.key_hash,
            ApiKey.scopes,
            ApiKey.project_id,
            ApiKey.last_used_at,
        )
        .join(User, User.id == ApiKey.user_id)
        .where(ApiKey.prefix == bindparam("prefix"), User.is_active, is_usable(bindparam("now")))
    )


def is_live(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition for sessions that were neither ended nor left alone for too long."""
    return and_(LoginSession.ended_at.is_(None), LoginSession.expires_at > now)


def is_usable(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition for keys that were not revoked and have not expired."""
    return and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))


def note_use_of_key(session: Session, key_id: int, *, now: datetime, unless_since: datetime) -> None:
    """Write down that a key was used, unless that was noted since then."""
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < unless_since))
        .values(last_used_at=now)
    )


# --- Users -----------------------------------------------------------------------------------------


def user(session: Session, user_id: int) -> User | None:
    """Return one user."""
    return session.execute(select(User).where(User.id == user_id)).scalar_one_or_none()


def lock_user(session: Session, user_id: int) -> User | None:
    """Return one user for a change."""
    return session.execute(select(User).where(User.id == user_id).with_for_update()).scalar_one_or_none()


def user_by_email(session: Session, email: str) -> User | None:
    """Return the user with that address in its canonical spelling."""
    return session.execute(select(User).where(User.email == email)).scalar_one_or_none()


def user_view(row: User) -> UserView:
    """Shape a user for an answer."""
    return UserView(row.id, row.email, row.username, row.is_active, row.is_admin, row.created_at)


def active_administrator(session: Session, email: str) -> int | None:
    """Return the id of the active administrator with that address, else of the oldest one."""
    statement = select(User.id).where(User.is_admin, User.is_active).order_by(User.email != email, User.id)
    return session.execute(statement.limit(1)).scalar_one_or_none()


def lock_active_administrators(session: Session) -> Sequence[int]:
    """Return the ids of the active administrators, locked: the last two must not leave at once."""
    statement = select(User.id).where(User.is_admin, User.is_active).order_by(User.id)
    return session.execute(statement.with_for_update()).scalars().all()


def page_of_users(session: Session, page: PageRequest[int]) -> Page[UserView]:
    """Return all users by id."""
    statement = select(User).order_by(User.id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(User.id > page.after)
    users = [user_view(row) for row in session.execute(statement).scalars()]
    return Page.cut(users, page.limit, lambda each: each.id)


# --- WeChat and known addresses --------------------------------------------------------------------


def wechat_identity(session: Session, openid: str) -> WechatIdentity | None:
    """Return whose WeChat identity that is, for a change."""
    statement = select(WechatIdentity).where(WechatIdentity.openid == openid)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def wechat_identity_of(session: Session, user_id: int) -> WechatIdentity | None:
    """Return the WeChat identity of a user, for a change."""
    statement = select(WechatIdentity).where(WechatIdentity.user_id == user_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def known_address(session: Session, user_id: int, network: str) -> KnownAddress | None:
    """Return the note that a user has logged in from there."""
    statement = select(KnownAddress).where(KnownAddress.user_id == user_id, KnownAddress.network == network)
    return session.execute(statement).scalar_one_or_none()


# --- Sessions --------------------------------------------------------------------------------------


def lock_refresh_token(session: Session, token_hash: str) -> RefreshToken | None:
    """Return a refresh token for its use: of two that use it at once, one waits."""
    statement = select(RefreshToken).where(RefreshToken.token_hash == token_hash)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def live_login(session: Session, session_id: str, now: datetime) -> tuple[LoginSession, User] | None:
    """Return a live session and its active user."""
    row = session.execute(
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.id == session_id, User.is_active, is_live(now))
    ).one_or_none()
    return None if row is None else (row.LoginSession, row.User)


def end_session(session: Session, session_id: str, now: datetime) -> None:
    """End one session, if it has not ended."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions_of(session: Session, user_id: int, *, but: str | None, now: datetime) -> None:
    """End every session of a user, but for the one named."""
    statement = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    if but is not None:
        statement = statement.where(LoginSession.id != but)
    session.execute(statement.values(ended_at=now))


def is_revoked(session: Session, jti: str) -> bool:
    """Tell whether an access token was given back."""
    return session.execute(select(exists().where(RevokedToken.jti == jti))).scalar_one()


def forget_expired(session: Session, now: datetime, *, addresses_before: datetime) -> int:
    """Delete logins, revocations and addresses that time has made meaningless; return how many."""
    gone = 0
    for is_over, table in (
        (LoginSession.expires_at < now, LoginSession),
        (RevokedToken.expires_at < now, RevokedToken),
        (KnownAddress.last_seen_at < addresses_before, KnownAddress),
    ):
        done = session.execute(delete(table).where(is_over))
        gone += cast("CursorResult[Any]", done).rowcount
    return gone


# --- API keys --------------------------------------------------------------------------------------


def page_of_keys(
    session: Session, user_id: int, *, bound_to: int | None, page: PageRequest[int]
) -> Page[ApiKey]:
    """Return the keys of a user that were not revoked, newest first; `bound_to` leaves one project's."""
    statement = (
        select(ApiKey).where(*keys_of(user_id, bound_to)).order_by(ApiKey.id.desc()).limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(ApiKey.id < page.after)
    return Page.cut(session.execute(statement).scalars().all(), page.limit, lambda key: key.id)


def lock_key(session: Session, key_id: int, user_id: int, *, bound_to: int | None) -> ApiKey | None:
    """Return one key of a user for a change, if it was not revoked."""
    statement = select(ApiKey).where(ApiKey.id == key_id, *keys_of(user_id, bound_to)).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def usable_key(session: Session, key_id: int, now: datetime) -> ApiKey | None:
    """Return a key that was neither revoked nor has expired."""
    return session.execute(select(ApiKey).where(ApiKey.id == key_id, is_usable(now))).scalar_one_or_none()


def keys_of(user_id: int, bound_to: int | None) -> list[ColumnElement[bool]]:
    """Return the conditions for the keys that a credential of this user sees."""
    conditions: list[ColumnElement[bool]] = [ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)]
    if bound_to is not None:
        conditions.append(ApiKey.project_id == bound_to)
    return conditions
