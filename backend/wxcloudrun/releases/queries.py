"""Every SELECT on releases: versions with their package and project, for whoever may see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, true
from sqlalchemy.orm import Session

from wxcloudrun.kit.package_names import PackageName, written_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.windows import Groups, newest_first
from wxcloudrun.packages.reads import FoundPackage, Package, place_of
from wxcloudrun.projects.reads import Project, is_there, visible_to
from wxcloudrun.releases.models import ReleaseLog
from wxcloudrun.versions.reads import Status, Version, VersionFile, of_only_file
from wxcloudrun.versions.rules.standing import Yank


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release for an answer; `source` is as it was written down."""

    id: int
    package_id: int
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
    yanked_at: datetime | None
    yanked_reason: str | None

    @property
    def yanked(self) -> Yank | None:
        """Since when nobody shall choose it any more, and why."""
        return Yank.read(self.yanked_at, self.yanked_reason)


@dataclass(frozen=True, slots=True)
class ReleaseFilter:
    """Which releases a list shall hold."""

    status: Status | None = None
    name: str | None = None
    project: str | None = None


def place(session: Session, release_id: int, user_id: int | None) -> FoundPackage | None:
    """Return the package that a release is in, with what decides about it for that user."""
    here = select(Version.package_id).where(Version.id == release_id).scalar_subquery()
    return place_of(session, here, user_id)


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
            Version.package_id,
            Package.format,
            Package.name,
            Version.version,
            Project.name.label("project"),
            Version.status,
            of_only_file(VersionFile.artifact_id),
            Version.source,
            Version.error,
            Version.created_at,
            Version.downloaded_at,
            Version.activated_at,
            Version.yanked_at,
            Version.yanked_reason,
        )
        .select_from(Version)
        .join(Package, Package.id == Version.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(is_there())
    )


def view(session: Session, release_id: int) -> ReleaseView | None:
    """Return one release for an answer."""
    row = session.execute(views().where(Version.id == release_id)).one_or_none()
    return None if row is None else as_view(row)


def as_view(row: Any) -> ReleaseView:
    """Shape a row of `views` for an answer."""
    release_id, package_id, format_, name, *rest = row
    return ReleaseView(release_id, package_id, written_name(format_, name), *rest)


def page_of_releases(
    session: Session, actor: Actor, wanted: ReleaseFilter, page: PageRequest[int]
) -> Page[ReleaseView]:
    """Return releases that the caller may see, newest first."""
    statement = views().where(visible_to(actor))
    if wanted.status is not None:
        statement = statement.where(Version.status == wanted.status.value)
    if wanted.name is not None:
        named = PackageName.parse(wanted.name)
        statement = statement.where(Package.name == named.name, Package.format == named.format.value)
    if wanted.project is not None:
        statement = statement.where(Project.name == wanted.project)
    if wanted.name is None and wanted.project is None:
        packages = select(Package.id).join(Project, Project.id == Package.project_id).where(is_there())
        groups = Groups(Version.package_id, packages.where(visible_to(actor)))
        rows = newest_first(
            session, Version.id, statement, groups=groups, before=page.after, limit=page.limit + 1
        )
    else:
        before = true() if page.after is None else Version.id < page.after
        newest = statement.where(before).order_by(Version.id.desc())
        rows = list(session.execute(newest.limit(page.limit + 1)))
    return Page.cut([as_view(row) for row in rows], page.limit, lambda each: each.id)


def log(session: Session, release_id: int) -> ReleaseLog | None:
    """Return the log of the last attempt to obtain the bytes."""
    return session.get(ReleaseLog, release_id)
