"""Every SELECT on versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.versions.models import RetiredVersion, Status, Version
from wxcloudrun.versions.rules import Candidate


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version for an answer."""

    id: int
    version: str
    artifact_id: str | None
    status: str
    version_source: str | None
    created_at: datetime
    created_by: str | None


def version(session: Session, package_id: int, name: str) -> Version | None:
    """Return the row for a change, locked where the database locks rows."""
    return session.execute(locked_version(), {"package_id": package_id, "name": name}).scalar_one_or_none()


@cache
def locked_version() -> Select[Version]:
    """Select one version for a change. Built once, because every upload with a version asks this."""
    named = and_(Version.package_id == bindparam("package_id"), Version.version == bindparam("name"))
    return select(Version).where(named).with_for_update()


def retired(session: Session, package_id: int, name: str) -> RetiredVersion | None:
    """Return what a deleted version of that name held."""
    return session.get(RetiredVersion, (package_id, name))


def view(session: Session, package_id: int, name: str) -> VersionView | None:
    """Return one version for an answer."""
    row = session.execute(viewed(), {"package_id": package_id, "name": name}).one_or_none()
    return None if row is None else VersionView(*row)


@cache
def viewed() -> Select[*tuple[Any, ...]]:
    """Select what a VersionView holds, in its order. Built once, because readers ask this all the time."""
    versions, users = Version.__table__, User.__table__
    return (
        select(
            versions.c.id,
            versions.c.version,
            versions.c.artifact_id,
            versions.c.status,
            versions.c.version_source,
            versions.c.created_at,
            users.c.username,
        )
        .select_from(versions.outerjoin(users, users.c.id == versions.c.created_by))
        .where(versions.c.package_id == bindparam("package_id"), versions.c.version == bindparam("name"))
    )


def page_of_versions(session: Session, package_id: int, page: PageRequest[int]) -> Page[VersionView]:
    """Return the versions of a package, newest first."""
    statement = (
        select(Version, User.username)
        .outerjoin(User, User.id == Version.created_by)
        .where(Version.package_id == package_id)
        .order_by(Version.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Version.id < page.after)
    views = [as_view(row.Version, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)


def candidates(session: Session, package_id: int) -> Sequence[Candidate]:
    """Return every version of a package for choosing among them."""
    statement = select(Version.id, Version.version, Version.artifact_id).where(
        Version.package_id == package_id
    )
    return [
        Candidate(version=row.version, sequence=row.id, available=row.artifact_id is not None)
        for row in session.execute(statement)
    ]


def activated(session: Session, package_id: int) -> str | None:
    """Return the version that is in use."""
    statement = select(Version.version).where(
        Version.package_id == package_id, Version.status == Status.ACTIVATED.value
    )
    return session.execute(statement).scalar_one_or_none()


def as_view(row: Version, username: str | None) -> VersionView:
    """Shape a version for an answer."""
    return VersionView(
        id=row.id,
        version=row.version,
        artifact_id=row.artifact_id,
        status=row.status,
        version_source=row.version_source,
        created_at=row.created_at,
        created_by=username,
    )
