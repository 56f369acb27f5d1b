"""Every SELECT on tags and their history."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.accounts.queries import username_of
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.tags.models import Tag, TagMove


@dataclass(frozen=True, slots=True)
class TagView:
    """A tag for an answer."""

    name: str
    artifact_id: str
    updated_at: datetime
    updated_by: str | None


@dataclass(frozen=True, slots=True)
class TagMoveView:
    """One move of a tag for an answer."""

    id: int
    artifact_id: str | None
    previous: str | None
    moved_at: datetime
    moved_by: str | None


def tag(session: Session, package_id: int, name: str) -> Tag | None:
    """Return the row for a change, locked where the database locks rows."""
    statement = select(Tag).where(Tag.package_id == package_id, Tag.name == name)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def view(session: Session, package_id: int, name: str) -> TagView | None:
    """Return one tag for an answer."""
    row = session.execute(
        select(Tag, User.username)
        .outerjoin(User, User.id == Tag.updated_by)
        .where(Tag.package_id == package_id, Tag.name == name)
    ).one_or_none()
    return None if row is None else as_view(row.Tag, row.username)


def page_of_tags(session: Session, package_id: int, page: PageRequest[str]) -> Page[TagView]:
    """Return the tags of a package by name."""
    statement = (
        select(Tag, username_of(Tag.updated_by))
        .where(Tag.package_id == package_id)
        .order_by(Tag.name)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Tag.name > page.after)
    views = [as_view(row.Tag, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.name)


def page_of_moves(session: Session, package_id: int, name: str, page: PageRequest[int]) -> Page[TagMoveView]:
    """Return where a tag pointed, newest first; a deleted tag keeps its history."""
    statement = (
        select(TagMove, username_of(TagMove.moved_by))
        .where(TagMove.package_id == package_id, TagMove.name == name)
        .order_by(TagMove.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(TagMove.id < page.after)
    views = [
        TagMoveView(move.id, move.artifact_id, move.previous, move.moved_at, username)
        for move, username in session.execute(statement)
    ]
    return Page.cut(views, page.limit, lambda each: each.id)


def as_view(row: Tag, username: str | None) -> TagView:
    """Shape a tag for an answer; a tag always points somewhere."""
    return TagView(row.name, row.artifact_id or "", row.updated_at, username)
