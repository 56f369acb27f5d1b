"""Every SELECT that finds who presents a credential: one statement each.

The statements are built once, because every request asks one of them and building takes longer than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, select

from wxcloudrun.keys.reads import ApiKey, is_usable, read_scopes
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.kit.security import Basis, Scope
from wxcloudrun.sessions.reads import Life, LoginSession, RevokedToken, is_live
from wxcloudrun.users.reads import User


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose live session it is."""

    user_id: int
    is_admin: bool
    session_id: str
    hashed_with: str | None  # the name of the key that made the hash of its cookie
    proved_at: datetime | None
    last_used_at: datetime | None
    second_factor_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyIdentity:
    """Whose live API key it is, and what it may do."""

    user_id: int
    is_admin: bool
    kind: str
    second_factor_at: datetime | None
    key_id: int
    key_hash: str
    hashed_with: str | None
    last_used_at: datetime | None
    project_id: int | None
    written_scopes: str

    @property
    def scopes(self) -> frozenset[Scope]:
        """What it may do."""
        return read_scopes(self.written_scopes)


def identity_of_token(
    reader: Reader, token: Basis, user_id: int, life: Life, *, held: bool = False
) -> Identity | None:
    """Return whose access token it is: the user is active, the session lives, nobody revoked it.

    With `held` it stays so to the end of the transaction.
    """
    said = {"session_id": token.session_id, "user_id": user_id, "jti": token.credential_id}
    row = reader.execute(bearers(held=held), {**said, **life.parameters()}).one_or_none()
    return None if row is None else Identity(*row)


def identity_of_cookie(reader: Reader, hashes: Sequence[str], life: Life) -> Identity | None:
    """Return whose session cookie it is; `hashes` is what may be stored of it."""
    asked = {"hashes": hashes, **life.parameters()}
    row = reader.execute(cookie_owners(), asked).one_or_none()
    return None if row is None else Identity(*row)


def identity_of_session(
    reader: Reader, session_id: str, life: Life, *, held: bool = False
) -> Identity | None:
    """Return whose session it is. With `held` it stays so to the end of the transaction."""
    asked = {"session_id": session_id, **life.parameters()}
    row = reader.execute(session_owners(held=held), asked).one_or_none()
    return None if row is None else Identity(*row)


@prepared
def bearers(*, held: bool) -> Select[*tuple[Any, ...]]:
    """Select the Identity behind the claims of a token."""
    revoked = exists().where(RevokedToken.jti == bindparam("jti"))
    mine = and_(LoginSession.id == bindparam("session_id"), User.id == bindparam("user_id"))
    return holding(live_identities().where(mine, ~revoked), held=held)


@prepared
def cookie_owners() -> Select[*tuple[Any, ...]]:
    """Select the Identity behind a cookie."""
    return live_identities().where(LoginSession.cookie_hash.in_(bindparam("hashes", expanding=True)))


@prepared
def session_owners(*, held: bool) -> Select[*tuple[Any, ...]]:
    """Select the Identity of a session."""
    return holding(live_identities().where(LoginSession.id == bindparam("session_id")), held=held)


def live_identities() -> Select[*tuple[Any, ...]]:
    """Select what an Identity holds, in its order: active users of live sessions."""
    session = (LoginSession.id, LoginSession.hashed_with)
    known = (LoginSession.proved_at, LoginSession.last_used_at, User.second_factor_at)
    return (
        select(User.id, User.is_admin, *session, *known)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(User.is_active, is_live(bindparam("now"), bindparam("latest"), bindparam("earliest")))
    )


def identities_of_prefix(reader: Reader, prefix: str, now: datetime) -> Sequence[KeyIdentity]:
    """Return the live keys of active users that begin with `prefix`: one or none, but for chance."""
    rows = reader.execute(keys_of_prefix(), {"prefix": prefix, **validity(now)})
    return [KeyIdentity(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """An active user."""

    user_id: int
    is_admin: bool
    second_factor_at: datetime | None


def identity_of_user(reader: Reader, user_id: int) -> UserIdentity | None:
    """Return a user who is active, and stays so to the end of the transaction."""
    row = reader.execute(held_users(), {"user_id": user_id}).one_or_none()
    return None if row is None else UserIdentity(*row)


@prepared
def held_users() -> Select[*tuple[Any, ...]]:
    """Select an active user by the id."""
    found = select(User.id, User.is_admin, User.second_factor_at)
    return holding(found.where(User.id == bindparam("user_id"), User.is_active), held=True)


def identity_of_key(reader: Reader, key_id: int, now: datetime, *, held: bool = False) -> KeyIdentity | None:
    """Return a key that is live, of an active user. With `held` it stays so to the end of the transaction."""
    row = reader.execute(keys_of_id(held=held), {"key_id": key_id, **validity(now)}).one_or_none()
    return None if row is None else KeyIdentity(*row)


@prepared
def keys_of_prefix() -> Select[*tuple[Any, ...]]:
    """Select live keys by how they begin."""
    return usable_keys().where(ApiKey.prefix == bindparam("prefix"))


@prepared
def keys_of_id(*, held: bool) -> Select[*tuple[Any, ...]]:
    """Select a live key by its id."""
    return holding(usable_keys().where(ApiKey.id == bindparam("key_id")), held=held)


def holding[S: Select[*tuple[Any, ...]]](statement: S, *, held: bool) -> S:
    """Let whoever would end the credential wait, where the database locks rows. Others may hold it too."""
    return statement.with_for_update(read=True) if held else statement


def usable_keys() -> Select[*tuple[Any, ...]]:
    """Select what a KeyIdentity holds, in its order: live keys of active users."""
    holder = (ApiKey.user_id, User.is_admin, User.kind, User.second_factor_at)
    kept = (ApiKey.id.label("key_id"), ApiKey.key_hash, ApiKey.hashed_with, ApiKey.last_used_at)
    may = (ApiKey.project_id, ApiKey.scopes)
    usable = is_usable(bindparam("now"), bindparam("latest"))
    return select(*holder, *kept, *may).join(User, User.id == ApiKey.user_id).where(User.is_active, usable)


def validity(now: datetime) -> dict[str, datetime]:
    """Return the parameters of `is_usable`: now, and the latest moment that is credible."""
    return {"now": now, "latest": clock.latest_credible(now)}
