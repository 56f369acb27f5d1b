"""Every SELECT on packages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.kit.events import Subject
from wxcloudrun.kit.package_names import Format, PackageName, written_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import ProjectAccess
from wxcloudrun.packages.models import Layout, Package, RememberedName
from wxcloudrun.projects.reads import Project, access_in, accesses
from wxcloudrun.users.reads import User, username_of

type PackageId = int | ScalarSelect[int]

NO_PACKAGE = PackageName(Format.GENERIC, "")
MAX_COUNTED = 1000  # of what a refusal to delete names: beyond it nobody counts any more


@dataclass(frozen=True, slots=True)
class FoundPackage:
    """A package, where it is, and what decides about it for one caller.

    `PackageService` gives it only to those whom it has admitted to one action there.
    """

    id: int
    name: str  # as our API writes it
    access: ProjectAccess
    layout: Layout

    @property
    def path(self) -> str:
        """How the audit log calls it."""
        return f"project/{self.project}/package/{self.name}"

    def subject(self, *inside: str | int) -> Subject:
        """Return what an event is about: this package, or a thing in it such as `"tag", "stable"`."""
        return Subject("/".join((self.path, *map(str, inside))), self.id)

    @property
    def project(self) -> str:
        """The name of the project it is in."""
        return self.access.project


@dataclass(frozen=True, slots=True)
class Contents:
    """What refers to bytes in a package: the activated version, and how many of each, up to MAX_COUNTED."""

    activated: str | None
    versions: int
    tags: int
    uploads: int  # those that made neither a tag nor a version

    @property
    def is_empty(self) -> bool:
        """True if nothing would be lost with the package."""
        return not (self.versions or self.tags or self.uploads)


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package for an answer."""

    project: str
    name: str
    format: str
    display_name: str
    description: str
    layout: str
    created_at: datetime
    created_by: str | None


type Place = tuple[ProjectAccess, FoundPackage | None]
"""A project that is there, and the package in it if there is one."""


def place(reader: Reader, project: str, package: PackageName | None, user_id: int | None) -> Place | None:
    """Find project, membership and, if it can have this name, the package with one statement."""
    package = package or NO_PACKAGE
    names = {"project": project, "format": package.format, "package": package.name, "user_id": user_id}
    row = reader.execute(named_place(), names).one_or_none()
    if row is None:
        return None
    found = package_in(row)
    return (access_in(row), None) if found is None else (found.access, found)


def place_of(session: Session, package_id: PackageId, user_id: int | None) -> FoundPackage | None:
    """Find a package by its id, or by what selects that, with its project and membership."""
    packages = Package.__table__
    statement = with_package(packages.c.project_id == Project.id).where(packages.c.id == package_id)
    row = session.execute(statement, {"user_id": user_id}).one_or_none()
    return None if row is None else package_in(row)


@prepared
def named_place() -> Select[*tuple[Any, ...]]:
    """Select what `place` needs."""
    packages = Package.__table__
    named = and_(
        packages.c.project_id == Project.id,
        packages.c.name == bindparam("package"),
        packages.c.format == bindparam("format"),
    )
    return with_package(named).where(Project.name == bindparam("project"))


def with_package(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select who may do what in projects, and beside each the package in it, if there is one."""
    packages = Package.__table__
    return (
        accesses()
        .add_columns(
            packages.c.id.label("package_id"),
            packages.c.format,
            packages.c.name.label("package"),
            packages.c.layout,
        )
        .outerjoin(packages, which)
    )


def package_in(row: Any) -> FoundPackage | None:
    """Read a package out of a row of `with_package`."""
    if row.package_id is None:
        return None
    name = written_name(row.format, row.package)
    return FoundPackage(row.package_id, name, access_in(row), Layout(row.layout))


def in_project(project_id: int) -> Select[int]:
    """Select the ids of the packages of a project."""
    return select(Package.id).where(Package.project_id == project_id)


def count_packages(session: Session, project_id: int) -> int:
    """Count the packages of a project, up to MAX_COUNTED."""
    some = in_project(project_id).limit(MAX_COUNTED).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def remembered_name(session: Session, project: str, package: str) -> int | None:
    """Return the id of a name that some package has or had."""
    statement = select(RememberedName.id).where(
        RememberedName.project == project, RememberedName.package == package
    )
    return session.execute(statement).scalar_one_or_none()


def has_held_packages(session: Session, project: str) -> bool:
    """Tell whether any package is or was in a project of that name."""
    statement = select(RememberedName.id).where(RememberedName.project == project).limit(1)
    return session.execute(statement).first() is not None


def package(session: Session, package_id: int) -> Package | None:
    """Return the row for a change, locked where the database locks rows; None if it has just gone."""
    statement = select(Package).where(Package.id == package_id, Package.project_id.is_not(None))
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def layout_now(session: Session, package_id: int) -> Layout:
    """Return the layout of a package, which nobody changes before the transaction ends."""
    return Layout(session.execute(shared_layout(), {"package_id": package_id}).scalar_one())


@prepared
def shared_layout() -> Select[str]:
    """Select what `layout_now` returns."""
    return select(Package.layout).where(Package.id == bindparam("package_id")).with_for_update(read=True)


def view(session: Session, found: FoundPackage) -> PackageView | None:
    """Return one package for an answer; None if it has just been deleted."""
    row = session.execute(
        select(Package, User.username)
        .outerjoin(User, User.id == Package.created_by)
        .where(Package.id == found.id, Package.project_id.is_not(None))
    ).one_or_none()
    return None if row is None else as_view(found.project, row.Package, row.username)


def page_of_packages(session: Session, access: ProjectAccess, page: PageRequest[str]) -> Page[PackageView]:
    """Return the packages of a project by name; a cursor is a name as our API writes it."""
    statement = (
        select(Package, username_of(Package.created_by))
        .where(Package.project_id == access.project_id)
        .order_by(Package.name, Package.format)
        .limit(page.limit + 1)
    )
    after = None if page.after is None else PackageName.read(page.after)
    if after is not None:
        # The first condition alone is a range of the index; the second drops a few rows of it.
        is_behind = or_(Package.name > after.name, Package.format > after.format.value)
        statement = statement.where(Package.name >= after.name, is_behind)
    views = [as_view(access.project, row.Package, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.name)


def as_view(project: str, row: Package, username: str | None) -> PackageView:
    """Shape a package for an answer."""
    name = written_name(row.format, row.name)
    shown = row.display_name or row.name
    return PackageView(
        project, name, row.format, shown, row.description, row.layout, row.created_at, username
    )
