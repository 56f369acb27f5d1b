"""Use cases on packages, and the one door through which every other domain enters a package."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Reader, Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.names import is_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor, ProjectAccess
from wxcloudrun.packages import queries
from wxcloudrun.packages.models import Package
from wxcloudrun.packages.queries import Location, PackageView


@dataclass(frozen=True, slots=True)
class FoundPackage:
    """A package that the caller was admitted to for one action."""

    id: int
    name: str
    access: ProjectAccess

    @property
    def path(self) -> str:
        """How the audit log calls it."""
        return f"project/{self.project}/package/{self.name}"

    @property
    def project(self) -> str:
        """The name of the project it is in."""
        return self.access.project


class PackageService:
    """Makes, shows, changes and deletes packages."""

    def enter(self, reader: Reader, actor: Actor, project: str, package: str, action: Action) -> FoundPackage:
        """Return the package if the caller may do `action` in it.

        Raises Unauthorized, NotFound or Forbidden; nothing tells an absent project from an invisible one.
        """
        what = f"package {project}/{package}"
        location = self._locate(reader, actor, project, package)
        access = actor.require(action, location.access if location else None, what=what)
        if location is None or location.package_id is None:
            raise NotFound(f"{what} does not exist")
        return FoundPackage(location.package_id, package, access)

    def create(self, actor: Actor, project: str, name: str, description: str) -> PackageView:
        """Make a package. Raises NotFound, Forbidden, or Conflict if the name is taken."""

        def work(tx: Transaction) -> PackageView:
            location = self._locate(tx.session, actor, project, name)
            access = actor.require(
                Action.PACKAGE_CREATE, location.access if location else None, what=f"project {project}"
            )
            if location is not None and location.package_id is not None:
                raise Conflict(f"a package named {name} exists in this project")
            made = self._make(tx, actor, access, name, description)
            return self._view(tx.session, Location(access, made.id, name))

        return atomically(work)

    def enter_or_make(
        self, tx: Transaction, actor: Actor, project: str, package: str, action: Action
    ) -> FoundPackage:
        """Return the package if the caller may do `action` in its project; make it if it is not there.

        Raises Unauthorized, NotFound or Forbidden.
        """
        location = self._locate(tx.session, actor, project, package)
        seen = location.access if location else None
        access = actor.require(action, seen, what=f"project {project}")
        if location is not None and location.package_id is not None:
            return FoundPackage(location.package_id, package, access)
        actor.require(Action.PACKAGE_CREATE, access, what=f"project {project}")
        return self._make(tx, actor, access, package, "")

    def page(self, actor: Actor, project: str, page: PageRequest[str]) -> Page[PackageView]:
        """List the packages of a project. Raises NotFound."""
        with reading() as session:
            location = self._locate(session, actor, project, "")
            access = actor.require(
                Action.PROJECT_READ, location.access if location else None, what=f"project {project}"
            )
            return queries.page_of_packages(session, access, page)

    def get(self, actor: Actor, project: str, package: str) -> PackageView:
        """Show one package. Raises NotFound."""
        with reading() as session:
            found = self.enter(session, actor, project, package, Action.PROJECT_READ)
            return self._view(session, Location(found.access, found.id, found.name))

    def change(self, actor: Actor, project: str, package: str, description: str | None) -> PackageView:
        """Change what is given. Raises NotFound, Forbidden."""

        def work(tx: Transaction) -> PackageView:
            found = self.enter(tx.session, actor, project, package, Action.PACKAGE_CHANGE)
            row = queries.package(tx.session, found.id)
            if row is not None and description is not None:
                before = {"description": row.description}
                row.description = description
                after = {"description": description}
                record(tx, actor, "package.changed", found.path, before=before, after=after)
            tx.session.flush()
            return self._view(tx.session, Location(found.access, found.id, found.name))

        return atomically(work)

    def delete(self, actor: Actor, project: str, package: str) -> None:
        """Delete a package with its versions, tags and deposits. Raises NotFound, Forbidden."""

        def work(tx: Transaction) -> None:
            found = self.enter(tx.session, actor, project, package, Action.PACKAGE_DELETE)
            row = queries.package(tx.session, found.id)
            if row is not None:
                record(tx, actor, "package.deleted", found.path, before={"description": row.description})
                tx.session.delete(row)

        atomically(work)

    def _make(
        self, tx: Transaction, actor: Actor, access: ProjectAccess, name: str, description: str
    ) -> FoundPackage:
        row = Package(
            project_id=access.project_id,
            name=name,
            description=description,
            created_at=clock.now(),
            created_by=actor.user_id,
        )
        tx.session.add(row)
        tx.session.flush()
        found = FoundPackage(row.id, name, access)
        record(tx, actor, "package.created", found.path, after={"description": description})
        return found

    def _locate(self, reader: Reader, actor: Actor, project: str, package: str) -> Location | None:
        if not is_name(project):
            return None
        return queries.locate(reader, project, package if is_name(package) else "", actor.user_id)

    def _view(self, session: Session, location: Location) -> PackageView:
        view = queries.view(session, location)
        if view is None:  # deleted while we looked
            raise NotFound(f"package {location.access.project}/{location.package} does not exist")
        return view
