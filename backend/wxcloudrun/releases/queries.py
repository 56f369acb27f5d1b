"""Every SELECT on releases: versions with their package and project, for whoever may see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, ProjectAccess, Role
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.projects.queries import visible_to
from wxcloudrun.releases.models import ReleaseLog
from wxcloudrun.versions.models import Status, Version


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release for an answer; `source` is as it was written down."""

    id: int
    name: str
    version: str
    project: str
    status: str
    artifact_id: str | None
    source: str | None
    error: str | None
    created_at: datetime
    downloaded_at: datetime | None
    activated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a release is, and what decides about it for one caller."""

    access: ProjectAccess
    package_id: int
    package: str


@dataclass(frozen=True, slots=True)
class ReleaseFilter:
    """Which releases a list shall hold."""

    status: Status | None = None
    name: str | None = None
    project: str | None = None


def place(session: Session, release_id: int, user_id: int | None) -> Place | None:
    """Find package, project and membership of a release with one statement."""
    mine = and_(Membership.project_id == Project.id, Membership.user_id == user_id)
    row = session.execute(
        select(
            Project.id,
            Project.name,
            Project.is_public,
            Membership.role,
            Package.id.label("package_id"),
            Package.name.label("package"),
        )
        .select_from(Version)
        .join(Package, Package.id == Version.package_id)
        .join(Project, Project.id == Package.project_id)
        .outerjoin(Membership, mine)
        .where(Version.id == release_id)
    ).one_or_none()
    if row is None:
        return None
    role = None if row.role is None else Role(row.role)
    return Place(ProjectAccess(row.id, row.name, row.is_public, role), row.package_id, row.package)


def release(session: Session, release_id: int) -> Version | None:
    """Return the row for a change, locked where the database locks rows."""
    statement = select(Version).where(Version.id == release_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def activated(session: Session, package_id: int) -> Version | None:
    """Return the row of the release that is in use, locked where the database locks rows."""
    statement = select(Version).where(Version.activated_in == package_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def views() -> Select[*tuple[Any, ...]]:
    """Select releases as answers show them."""
    return (
        select(
            Version.id,
            Package.name,
            Version.version,
            Project.name.label("project"),
            Version.status,
            Version.artifact_id,
            Version.source,
            Version.error,
            Version.created_at,
            Version.downloaded_at,
            Version.activated_at,
        )
        .join(Package, Package.id == Version.package_id)
        .join(Project, Project.id == Package.project_id)
    )


def view(session: Session, release_id: int) -> ReleaseView | None:
    """Return one release for an answer."""
    row = session.execute(views().where(Version.id == release_id)).one_or_none()
    return None if row is None else ReleaseView(*row)


def page_of_releases(
    session: Session, actor: Actor, wanted: ReleaseFilter, page: PageRequest[int]
) -> Page[ReleaseView]:
    """Return releases that the caller may see, newest first."""
    statement = views().where(visible_to(actor)).order_by(Version.id.desc()).limit(page.limit + 1)
    if wanted.status is not None:
        statement = statement.where(Version.status == wanted.status.value)
    if wanted.name is not None:
        statement = statement.where(Package.name == wanted.name)
    if wanted.project is not None:
        statement = statement.where(Project.name == wanted.project)
    if page.after is not None:
        statement = statement.where(Version.id < page.after)
    found = [ReleaseView(*row) for row in session.execute(statement)]
    return Page.cut(found, page.limit, lambda each: each.id)


def log(session: Session, release_id: int) -> ReleaseLog | None:
    """Return the log of the last attempt to obtain the bytes."""
    return session.get(ReleaseLog, release_id)
