"""Every SELECT on packages."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.accounts.queries import username_of
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import ProjectAccess, Role
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Membership, Project


@dataclass(frozen=True, slots=True)
class Location:
    """Where a request points: a project that exists, and the package in it if there is one."""

    access: ProjectAccess
    package_id: int | None
    package: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package for an answer."""

    project: str
    name: str
    description: str
    created_at: datetime
    created_by: str | None


def locate(reader: Reader, project: str, package: str, user_id: int | None) -> Location | None:
    """Find project, membership and package with one statement."""
    names = {"project": project, "package": package, "user_id": user_id}
    row = reader.execute(located(), names).one_or_none()
    if row is None:
        return None
    role = None if row.role is None else Role(row.role)
    return Location(ProjectAccess(row.id, row.name, row.is_public, role), row.package_id, package)


@cache
def located() -> Select[*tuple[Any, ...]]:
    """Select what `locate` needs. Built once: every request asks this, and building takes long."""
    projects, members, packages = Project.__table__, Membership.__table__, Package.__table__
    mine = and_(members.c.project_id == projects.c.id, members.c.user_id == bindparam("user_id"))
    named = and_(packages.c.project_id == projects.c.id, packages.c.name == bindparam("package"))
    return (
        select(
            projects.c.id,
            projects.c.name,
            projects.c.is_public,
            members.c.role,
            packages.c.id.label("package_id"),
        )
        .select_from(projects.outerjoin(members, mine).outerjoin(packages, named))
        .where(projects.c.name == bindparam("project"))
    )


def holds_packages(session: Session, project_id: int) -> bool:
    """Tell whether anything is in the project."""
    statement = select(Package.id).where(Package.project_id == project_id).limit(1)
    return session.execute(statement).scalar_one_or_none() is not None


def package(session: Session, package_id: int) -> Package | None:
    """Return the row for a change."""
    return session.execute(
        select(Package).where(Package.id == package_id).with_for_update()
    ).scalar_one_or_none()


def view(session: Session, location: Location) -> PackageView | None:
    """Return one package for an answer."""
    row = session.execute(
        select(Package, User.username)
        .outerjoin(User, User.id == Package.created_by)
        .where(Package.id == location.package_id)
    ).one_or_none()
    return None if row is None else as_view(location.access.project, row.Package, row.username)


def page_of_packages(session: Session, access: ProjectAccess, page: PageRequest[str]) -> Page[PackageView]:
    """Return the packages of a project by name."""
    statement = (
        select(Package, username_of(Package.created_by))
        .where(Package.project_id == access.project_id)
        .order_by(Package.name)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Package.name > page.after)
    views = [as_view(access.project, row.Package, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.name)


def as_view(project: str, row: Package, username: str | None) -> PackageView:
    """Shape a package for an answer."""
    return PackageView(project, row.name, row.description, row.created_at, username)
