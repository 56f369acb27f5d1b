"""Every SELECT on users."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Label, and_, select
from sqlalchemy.orm import Session, aliased

from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.users.models import User
from wxcloudrun.users.rules import UserKind, username_key

NAMED = aliased(User)  # who is only named, beside the users that a statement may be about


def username_of(user_id: Any) -> Label[str | None]:
    """Select the name of the user in a column of a list's rows, as `username`.

    A query of its own and no join: where there are few users MySQL begins a join with them, and then reads
    and sorts the whole list for one page of it.
    """
    return select(NAMED.username).where(NAMED.id == user_id).scalar_subquery().label("username")


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as an answer shows them."""

    id: int
    kind: str
    email: str | None
    username: str
    is_active: bool
    is_admin: bool
    created_at: datetime


def is_there() -> ColumnElement[bool]:
    """Return the condition on `users` that leaves out those who were deleted."""
    return User.deleted_at.is_(None)


def is_person() -> ColumnElement[bool]:
    """Return the condition on `users` that leaves people who are there."""
    return and_(User.kind == UserKind.PERSON, is_there())


def user(session: Session, user_id: int) -> User | None:
    """Return one user, whatever kind they are of."""
    return session.execute(select(User).where(User.id == user_id, is_there())).scalar_one_or_none()


def users(session: Session, ids: Sequence[int]) -> Sequence[User]:
    """Return users for a change, whatever kind they are of."""
    return session.execute(select(User).where(User.id.in_(ids), is_there())).scalars().all()


def person(session: Session, user_id: int) -> User | None:
    """Return one person."""
    return session.execute(select(User).where(User.id == user_id, is_person())).scalar_one_or_none()


def lock_person(session: Session, user_id: int) -> User | None:
    """Return one person for a change."""
    statement = select(User).where(User.id == user_id, is_person())
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def user_by_email(session: Session, email: str) -> User | None:
    """Return the user with that address in its canonical spelling."""
    return session.execute(select(User).where(User.email == email)).scalar_one_or_none()


def person_named(session: Session, username: str) -> User | None:
    """Return who has that user name, or one that is taken for the same."""
    statement = select(User).where(User.username_key == username_key(username))
    return session.execute(statement).scalar_one_or_none()


def is_called(called: str) -> ColumnElement[bool]:
    """Return the condition on `users` that leaves the person whom `rules.check_called` has passed."""
    own = User.email == called if "@" in called else User.username_key == username_key(called)
    return and_(own, is_person())


def person_called(session: Session, called: str) -> User | None:
    """Return the person with that user name or that address in its canonical spelling."""
    return session.execute(select(User).where(is_called(called))).scalar_one_or_none()


def user_view(row: User) -> UserView:
    """Shape a user for an answer."""
    return UserView(row.id, row.kind, row.email, row.username, row.is_active, row.is_admin, row.created_at)


def active_administrator(session: Session, email: str) -> int | None:
    """Return the id of the active administrator with that address, else of the oldest one."""
    statement = select(User.id).where(User.is_admin, User.is_active).order_by(User.email != email, User.id)
    return session.execute(statement.limit(1)).scalar_one_or_none()


def lock_active_administrators(session: Session) -> Sequence[int]:
    """Return the ids of the first two active administrators, locked: the last two must not leave at once."""
    statement = select(User.id).where(User.is_admin, User.is_active).order_by(User.id).limit(2)
    return session.execute(statement.with_for_update()).scalars().all()


def page_of_users(session: Session, page: PageRequest[int]) -> Page[UserView]:
    """Return all people by id."""
    statement = select(User).where(is_person()).order_by(User.id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(User.id > page.after)
    users = [user_view(row) for row in session.execute(statement).scalars()]
    return Page.cut(users, page.limit, lambda each: each.id)
