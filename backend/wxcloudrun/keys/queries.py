"""Every SELECT on API keys, and the statements that change many at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from wxcloudrun.keys.models import ApiKey, read_scopes
from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import Moment
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.windows import change_all
from wxcloudrun.kit.written_later import lock_free, note_moments
from wxcloudrun.secrecy.derived_keys import HashAndKey
from wxcloudrun.users.reads import User, is_there, username_of


def is_usable(now: Moment, latest: Moment) -> ColumnElement[bool]:
    """Return the condition for keys that were not revoked and have not expired.

    How long a key lasts was chosen by who made it. So one that ends, and was made in the future, is refused.
    """
    is_not_over = and_(ApiKey.expires_at > now, ApiKey.created_at <= latest)
    return and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), is_not_over))


def note_uses_of_keys(session: Session, uses: Mapping[int, datetime], *, every: timedelta) -> None:
    """Write down when keys were used, unless about that time is noted already; skip what others hold."""
    note_moments(session, ApiKey.id, ApiKey.last_used_at, uses, every=every)


def renew_hashes_of_keys(session: Session, hashes: Mapping[int, HashAndKey]) -> None:
    """Write newer hashes of the same keys; skip what others hold."""
    for key_id in lock_free(session, ApiKey.id, hashes):
        values = {"key_hash": hashes[key_id].value, "hashed_with": hashes[key_id].key_name}
        session.execute(update(ApiKey).where(ApiKey.id == key_id).values(values))


def page_of_keys(
    session: Session,
    user_id: int,
    *,
    bound_to: int | None,
    page: PageRequest[int],
    holder: ColumnElement[bool] | None = None,
) -> Page[tuple[ApiKey, str | None]]:
    """Return the keys of a user that were not revoked, newest first, each with the name of its maker.

    `bound_to` leaves one project's, `holder` those of somebody for whom it holds.
    """
    statement = (
        select(ApiKey, username_of(ApiKey.created_by))
        .join(User, User.id == ApiKey.user_id)
        .where(*keys_of(user_id, bound_to), is_there() if holder is None else holder)
        .order_by(ApiKey.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(ApiKey.id < page.after)
    found = [(row.ApiKey, row.username) for row in session.execute(statement)]
    return Page.cut(found, page.limit, lambda each: each[0].id)


def lock_key(session: Session, key_id: int, user_id: int, *, bound_to: int | None) -> ApiKey | None:
    """Return one key of a user for a change, if it was not revoked."""
    statement = select(ApiKey).where(ApiKey.id == key_id, *keys_of(user_id, bound_to)).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def has_had_key(session: Session, user_id: int, name: str) -> bool:
    """Tell whether a user has a key of that name, or has revoked one."""
    return session.execute(
        select(exists().where(ApiKey.user_id == user_id, ApiKey.name == name))
    ).scalar_one()


def lock_usable_key(session: Session, key_id: int, now: datetime) -> ApiKey | None:
    """Return a key that was neither revoked nor has expired, locked: whoever revokes it has to wait."""
    usable = is_usable(now, clock.latest_credible(now))
    statement = select(ApiKey).where(ApiKey.id == key_id, usable).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def lock_keys_on(session: Session, key_ids: Sequence[int], *, and_successors: bool) -> Sequence[ApiKey]:
    """Return the keys that stand on these, locked; `and_successors` by which they replaced themselves.

    Those that are over are among them: others may stand on them.
    """
    standing: ColumnElement[bool] = ApiKey.parent_id.in_(key_ids)
    if and_successors:
        standing = or_(standing, ApiKey.replaces_id.in_(key_ids))
    return (
        session.execute(select(ApiKey).where(standing).order_by(ApiKey.id).with_for_update()).scalars().all()
    )


def line_above(session: Session, key: ApiKey) -> Sequence[int]:
    """Return the ids of the keys on which this one stands, the nearest first."""
    line: list[int] = []
    above = key.parent_id
    while above is not None and above not in line:
        line.append(above)
        above = session.execute(select(ApiKey.parent_id).where(ApiKey.id == above)).scalar_one_or_none()
    return line


def revoke_keys_bound_to(session: Session, project_id: int, now: datetime) -> int:
    """Revoke every key that is good for that project alone; return how many."""
    bound = and_(ApiKey.project_id == project_id, ApiKey.revoked_at.is_(None))
    return change_all(session, ApiKey.id, bound, {"revoked_at": now})


def revoke_keys_of(session: Session, user_id: int, now: datetime) -> int:
    """Revoke every key of a user, and those of service accounts that were made with them; return how many.

    Such accounts make no keys, so nothing stands on theirs.
    """
    theirs = select(ApiKey.id).where(ApiKey.user_id == user_id)
    made = or_(ApiKey.user_id == user_id, ApiKey.parent_id.in_(theirs))
    of_user = and_(made, ApiKey.revoked_at.is_(None))
    return change_all(session, ApiKey.id, of_user, {"revoked_at": now})


def usable_of(user_id: int, now: datetime) -> Select[int]:
    """Select the ids of the usable keys of a user."""
    return select(ApiKey.id).where(ApiKey.user_id == user_id, is_usable(now, clock.latest_credible(now)))


def scopes_of_keys(session: Session, user_id: int, now: datetime) -> Sequence[frozenset[Scope]]:
    """Return the scopes of each usable key of a user."""
    usable = is_usable(now, clock.latest_credible(now))
    rows = session.execute(select(ApiKey.scopes).where(ApiKey.user_id == user_id, usable)).scalars()
    return [read_scopes(row) for row in rows]


def keys_of(user_id: int, bound_to: int | None) -> list[ColumnElement[bool]]:
    """Return the conditions for the keys that a credential of this user sees."""
    conditions: list[ColumnElement[bool]] = [ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)]
    if bound_to is not None:
        conditions.append(ApiKey.project_id == bound_to)
    return conditions
