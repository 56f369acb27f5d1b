"""Every SELECT on tags and their history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, exists, func, select
from sqlalchemy.orm import Session

from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.users.reads import username_of
from wxcloudrun.versions.reads import Version, VersionFile


@dataclass(frozen=True, slots=True)
class TagView:
    """A tag for an answer: it points at `version`, or where that is None at `artifact_id`.

    Of a version, `artifact_id` is the one file, None if it has another number of them.
    """

    name: str
    artifact_id: str | None
    version: str | None
    updated_at: datetime
    updated_by: str | None

    @property
    def target(self) -> str:
        """How a condition calls where it points."""
        return self.version or self.artifact_id or ""


@dataclass(frozen=True, slots=True)
class TagMoveView:
    """One move of a tag for an answer."""

    id: int
    artifact_id: str | None
    version: str | None
    previous: str | None
    previous_version: str | None
    moved_at: datetime
    moved_by: str | None


def in_package(package_id: int) -> Select[int]:
    """Select the tags of a package, by nothing but an index."""
    return select(Tag.package_id).where(Tag.package_id == package_id)


def tag(session: Session, package_id: int, name: str) -> Tag | None:
    """Return the row for a change, locked where the database locks rows."""
    statement = select(Tag).where(Tag.package_id == package_id, Tag.name == name)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def version_of(session: Session, row: Tag) -> str | None:
    """Return the version that a locked tag points at.

    A statement of its own: the one that waited for the lock may be older than that version.
    """
    if row.version_id is None:
        return None
    return session.execute(select(Version.version).where(Version.id == row.version_id)).scalar_one()


def at_version(session: Session, version_id: int) -> Sequence[Tag]:
    """Return the tags at a version, whose row is locked, for a change."""
    statement = select(Tag).where(Tag.version_id == version_id).order_by(Tag.name)
    return session.execute(statement.with_for_update()).scalars().all()


def names_at(session: Session, package_id: int, digest: str, limit: int) -> Sequence[str]:
    """Return which tags of a package point at some bytes, so many at most."""
    held = (Tag.artifact_id == digest, Tag.package_id == package_id)
    return session.execute(select(Tag.name).where(*held).order_by(Tag.name).limit(limit)).scalars().all()


def without_version(session: Session, package_id: int) -> str | None:
    """Return a tag of a package whose bytes no version of it has."""
    is_lost = Tag.artifact_id.is_not(None) & ~exists().where(holds_its_bytes())
    statement = select(Tag.name).where(Tag.package_id == package_id, is_lost)
    return session.execute(statement.order_by(Tag.name).limit(1)).scalar_one_or_none()


def without_bytes(session: Session, package_id: int) -> tuple[str, str] | None:
    """Return a tag of a package at a version that has not exactly one file, and the version."""
    statement = (
        select(Tag.name, Version.version)
        .join(Version, Version.id == Tag.version_id)
        .where(Tag.package_id == package_id, Version.files_count != 1)
        .order_by(Tag.name)
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else (row.name, row.version)


def newest_version() -> ColumnElement[int | None]:
    """Select the newest version of its package that has the bytes of a tag."""
    return select(func.max(VersionFile.version_id)).where(holds_its_bytes()).scalar_subquery()


def holds_its_bytes() -> ColumnElement[bool]:
    """Return the condition for a file that is what a tag of its package points at."""
    return (VersionFile.artifact_id == Tag.artifact_id) & (VersionFile.package_id == Tag.package_id)


def of_its_file(column: Any) -> ColumnElement[Any]:
    """Select a column of the one file of the version that a tag points at."""
    return select(column).where(VersionFile.version_id == Tag.version_id).scalar_subquery()


def view(session: Session, package_id: int, name: str) -> TagView | None:
    """Return one tag for an answer."""
    row = session.execute(viewed(package_id).where(Tag.name == name)).one_or_none()
    return None if row is None else TagView(*row)


def viewed(package_id: int) -> Select[*tuple[Any, ...]]:
    """Select what a TagView holds, in its order."""
    return select(
        Tag.name,
        func.coalesce(Tag.artifact_id, only_file()).label("artifact_id"),
        version_name(),
        Tag.updated_at,
        username_of(Tag.updated_by),
    ).where(Tag.package_id == package_id)


def version_name() -> Label[str | None]:
    """Select the version that a tag points at; no join, for the reason of `username_of`."""
    return select(Version.version).where(Version.id == Tag.version_id).scalar_subquery().label("version")


def only_file() -> ColumnElement[str | None]:
    """Select the bytes of the version that a tag points at, if it has one file."""
    return (
        select(VersionFile.artifact_id)
        .join(Version, Version.id == VersionFile.version_id)
        .where(Version.id == Tag.version_id, Version.files_count == 1)
        .scalar_subquery()
    )


def page_of_tags(session: Session, package_id: int, page: PageRequest[str]) -> Page[TagView]:
    """Return the tags of a package by name."""
    statement = viewed(package_id).order_by(Tag.name).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(Tag.name > page.after)
    views = [TagView(*row) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.name)


def page_of_moves(session: Session, package_id: int, name: str, page: PageRequest[int]) -> Page[TagMoveView]:
    """Return where a tag pointed, newest first; a deleted tag keeps its history."""
    statement = (
        select(
            TagMove.id,
            TagMove.artifact_id,
            TagMove.version,
            TagMove.previous,
            TagMove.previous_version,
            TagMove.moved_at,
            username_of(TagMove.moved_by),
        )
        .where(TagMove.package_id == package_id, TagMove.name == name)
        .order_by(TagMove.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(TagMove.id < page.after)
    views = [TagMoveView(*row) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)
