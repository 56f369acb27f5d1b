"""Use cases on packages, and the one door through which every other domain enters a package."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from wxcloudrun.erasure.rules import Doomed
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.kit import clock, quotas
from wxcloudrun.kit.db import Reader, Transaction, atomically, insert_at_once, reading
from wxcloudrun.kit.errors import Conflict, Invalid, NotEmpty, NotFound, QuotaReached
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.names import is_name
from wxcloudrun.kit.package_names import Format, PackageName
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor, OrderedBy, ProjectAccess
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import queries
from wxcloudrun.packages.events import PACKAGE_CHANGED, PACKAGE_CREATED, PACKAGE_DELETED
from wxcloudrun.packages.models import Layout, Package, RememberedName
from wxcloudrun.packages.queries import Contents, FoundPackage, PackageView, Place

type Look = Callable[[Session, int], Contents]
"""Asks the domains above, which this one does not know: what does the package hold?"""


type FindSeveral = Callable[[Session, int], str | None]
"""Asks them, too: which version of the package has several files?"""

type LastFile = Callable[[Session], int]
"""And this: which is the last file of any version that there is now?"""


@dataclass(frozen=True, slots=True)
class AbovePackages:
    """What the domains above say about a package."""

    contents: Look
    several_files: FindSeveral
    last_file: LastFile


class Callers(Protocol):
    """Knows who acts by now, of which this domain knows nothing."""

    def identify_again(self, reader: Reader, actor: Actor) -> Actor:
        """Return who the caller is by now, and hold their credential to the end of the transaction.

        Raises Unauthorized if it is not good any more.
        """

    def identify_orderer(self, session: Session, order: OrderedBy) -> Actor:
        """Return who has asked for work that is done by now. Raises Unauthorized if they may not any more."""


type Nowhere = tuple[None, None]


class FollowingTags(Protocol):
    """What happens to the tags of a package, of which this domain knows nothing, when its layout changes."""

    def follow_layout(self, session: Session, package_id: int, layout: Layout) -> None:
        """Let the tags of a locked package point at what tags of a layout do. Raises Conflict."""


@dataclass(frozen=True, slots=True)
class PackageChange:
    """What shall change of a package; None stays as it is."""

    description: str | None = None
    layout: Layout | None = None


class PackageService:
    """Makes, shows, changes and deletes packages."""

    def __init__(
        self,
        *,
        above: AbovePackages,
        tags: FollowingTags,
        erasure: ErasureService,
        callers: Callers,
        most_per_project: int,
    ) -> None:
        self._above = above
        self._tags = tags
        self._erasure = erasure
        self._callers = callers
        self._most_per_project = most_per_project

    def enter(self, reader: Reader, actor: Actor, project: str, package: str, action: Action) -> FoundPackage:
        """Return the package if the caller may do `action` in it.

        Raises Unauthorized, NotFound or Forbidden; nothing tells an absent project from an invisible one.
        """
        what = text("package {project}/{package}", project=project, package=package)
        access, found = self._place(reader, actor, project, package)
        actor.require(action, access, what=what)
        if found is None:
            raise absent(project, package)
        return found

    def enter_again(
        self, reader: Reader, actor: Actor, project: str, package: str, action: Action
    ) -> tuple[Actor, FoundPackage]:
        """Return the caller and the package if they may still do `action`, now that what they sent has come.

        Their credential is looked up anew: it may have ended while the body came, or they may be somebody
        else by now, such as no administrator any more. Raises as `enter` does.
        """
        caller = self._callers.identify_again(reader, actor)
        return caller, self.enter(reader, caller, project, package, action)

    def require_orderer(
        self, session: Session, order: OrderedBy | None, found: FoundPackage, action: Action
    ) -> None:
        """Return if whoever has asked for work may still do `action` in a package, where it has its effect.

        Of an order that names nobody nothing is asked. Raises Unauthorized, NotFound or Forbidden.
        """
        if order is None:
            return
        caller = self._callers.identify_orderer(session, order)
        now = queries.place_of(session, found.id, caller.user_id)
        what = text("package {project}/{package}", project=found.project, package=found.name)
        caller.require(action, None if now is None else now.access, what=what)

    def create(
        self, actor: Actor, project: str, name: str, description: str, layout: Layout | None
    ) -> PackageView:
        """Make a package, by default of the layout that its format has.

        Raises NotFound, Forbidden, Conflict if the name is or was taken, QuotaReached if the project has as
        many as it may, Invalid for a layout that cannot be.
        """
        parsed = PackageName.parse(name)
        refuse_single(parsed, layout)

        def work(tx: Transaction) -> PackageView:
            access, found = self._place(tx.session, actor, project, name)
            what = text("project {project}", project=project)
            access = actor.require(Action.PACKAGE_CREATE, access, what=what)
            if found is not None:
                raise name_taken(parsed.written)
            return self._view(tx.session, self._make(tx, actor, access, parsed, description, layout))

        return atomically(work)

    def enter_or_make(
        self, tx: Transaction, actor: Actor, project: str, package: str, action: Action
    ) -> FoundPackage:
        """Return the package if the caller may do `action` in its project; make it if it is not there.

        Raises Unauthorized, NotFound or Forbidden, Conflict if a deleted package had the name, QuotaReached.
        """
        what = text("project {project}", project=project)
        access, found = self._place(tx.session, actor, project, package)
        access = actor.require(action, access, what=what)
        if found is not None:
            return found
        actor.require(Action.PACKAGE_CREATE, access, what=what)
        try:
            return self._make(tx, actor, access, PackageName.parse(package), "", None)
        except Conflict:  # nothing was written; somebody may have made it since it was looked for
            _, found = self._place(tx.session, actor, project, package)
            if found is None:
                raise
            return found

    def enter_or_make_again(
        self, tx: Transaction, actor: Actor, project: str, package: str, action: Action
    ) -> tuple[Actor, FoundPackage]:
        """Return the caller, looked up anew as by `enter_again`, and the package as `enter_or_make` does."""
        caller = self._callers.identify_again(tx.session, actor)
        return caller, self.enter_or_make(tx, caller, project, package, action)

    def admit_to_project(self, reader: Reader, actor: Actor, project: str, action: Action) -> ProjectAccess:
        """Return what decides about a project if the caller may do `action` there.

        Raises Unauthorized, NotFound or Forbidden.
        """
        access, _ = self._place(reader, actor, project, "")
        return actor.require(action, access, what=text("project {project}", project=project))

    def admit_to_make(
        self, reader: Reader, actor: Actor, project: str, package: str, action: Action
    ) -> FoundPackage | None:
        """Return the package if the caller may do `action` in it, None if they may make it.

        Raises Unauthorized, NotFound or Forbidden, as `enter_or_make` will.
        """
        what = text("project {project}", project=project)
        access, found = self._place(reader, actor, project, package)
        access = actor.require(action, access, what=what)
        if found is None:
            actor.require(Action.PACKAGE_CREATE, access, what=what)
        return found

    def page(self, actor: Actor, project: str, page: PageRequest[str]) -> Page[PackageView]:
        """List the packages of a project. Raises NotFound."""
        with reading() as session:
            access, _ = self._place(session, actor, project, "")
            what = text("project {project}", project=project)
            access = actor.require(Action.PROJECT_READ, access, what=what)
            return queries.page_of_packages(session, access, page)

    def get(self, actor: Actor, project: str, package: str) -> PackageView:
        """Show one package. Raises NotFound."""
        with reading() as session:
            found = self.enter(session, actor, project, package, Action.PROJECT_READ)
            return self._view(session, found)

    def change(self, actor: Actor, project: str, package: str, change: PackageChange) -> PackageView:
        """Change what is given.

        Raises NotFound, Forbidden, Conflict if what the package holds does not fit its new layout, Invalid
        for a layout that its format cannot have.
        """

        def work(tx: Transaction) -> PackageView:
            found = self.enter(tx.session, actor, project, package, Action.PACKAGE_CHANGE)
            refuse_single(PackageName.parse(found.name), change.layout)
            row = self._locked(tx.session, found)
            given = {name: str(value) for name, value in asdict(change).items() if value is not None}
            after = {name: value for name, value in given.items() if getattr(row, name) != value}
            if after:
                if "layout" in after:
                    self._turn_to_layout(tx.session, row, Layout(after["layout"]))
                before = {name: getattr(row, name) for name in after}
                for name, value in after.items():
                    setattr(row, name, value)
                announce(tx, actor, PACKAGE_CHANGED, found.subject(), before=before, after=after)
            tx.session.flush()
            return self._view(tx.session, found)

        return atomically(work)

    def delete(self, actor: Actor, project: str, package: str, *, force: bool) -> None:
        """Delete a package and, with `force`, the versions, tags and uploads that it holds.

        It is gone when this returns; of a large one the rows follow in the background. Only an administrator
        makes one under its name again, and its versions keep their bytes for ever in that, too. Raises
        NotFound, Forbidden, or NotEmpty if it holds something and `force` is not set.
        """
        atomically(lambda tx: self.delete_in(tx, actor, project, package, force=force))

    def delete_in(self, tx: Transaction, actor: Actor, project: str, package: str, *, force: bool) -> None:
        """Delete a package with what else the caller does in a transaction; raises as `delete` does."""
        found = self.enter(tx.session, actor, project, package, Action.PACKAGE_DELETE)
        row = self._locked(tx.session, found)
        contents = self._above.contents(tx.session, found.id)
        if not force and not contents.is_empty:
            raise not_empty(package, contents)
        announce(tx, actor, PACKAGE_DELETED, found.subject(), before=state_of(row, contents))
        row.project_id = None
        self._erasure.begin(tx, actor, Doomed(Package.__tablename__, found.id, found.path))

    def _turn_to_layout(self, session: Session, row: Package, wanted: Layout) -> None:
        """Raise Conflict that names what stands in the way: a tag, or a version with several files."""
        version = self._above.several_files(session, row.id) if wanted is Layout.SINGLE else None
        if version is not None:
            message = text("version {version} has several files; delete all but one first", version=version)
            raise Conflict(message, version=version)
        self._tags.follow_layout(session, row.id, wanted)
        if wanted is Layout.FILES:
            row.widened_at_file = self._above.last_file(session)

    def _make(
        self,
        tx: Transaction,
        actor: Actor,
        access: ProjectAccess,
        name: PackageName,
        description: str,
        layout: Layout | None,
    ) -> FoundPackage:
        self._refuse_too_many(tx.session, access)
        layout = layout or (Layout.SINGLE if name.format is Format.GENERIC else Layout.FILES)
        row = Package(
            project_id=access.project_id,
            name_id=self._remember(tx, actor, access.project, name.written),
            format=name.format.value,
            name=name.name,
            display_name=name.display_name,
            description=description,
            layout=layout.value,
            created_at=clock.now(),
            created_by=actor.user_id,
        )
        tx.session.add(row)
        tx.session.flush()
        found = FoundPackage(row.id, name.written, access, layout)
        after = {"description": description, "layout": layout.value}
        announce(tx, actor, PACKAGE_CREATED, found.subject(), after=after)
        return found

    def _refuse_too_many(self, session: Session, access: ProjectAccess) -> None:
        limit = self._most_per_project
        if quotas.is_reached(session, queries.in_project(access.project_id), limit):
            sentence = text("this project has {limit} packages, which is as many as it may have", limit=limit)
            raise QuotaReached(sentence, limit=limit, of="packages")

    def _remember(self, tx: Transaction, actor: Actor, project: str, package: str) -> int:
        """Return the id of the name; only an administrator gets one that a deleted package had.

        Caches and lock files out there expect what that one held. Raises Conflict.
        """
        known = queries.remembered_name(tx.session, project, package)
        if known is not None:
            if not actor.is_administrator:
                raise name_taken(package)
            return known
        name = RememberedName(project=project, package=package)
        insert_at_once(tx, name)
        return name.id

    def _place(self, reader: Reader, actor: Actor, project: str, package: str) -> Place | Nowhere:
        found = None
        if is_name(project):
            found = queries.place(reader, project, PackageName.read(package), actor.user_id)
        return found or (None, None)

    def _locked(self, session: Session, found: FoundPackage) -> Package:
        row = queries.package(session, found.id)
        if row is None:  # deleted while we waited for the lock
            raise absent(found.project, found.name)
        return row

    def _view(self, session: Session, found: FoundPackage) -> PackageView:
        view = queries.view(session, found)
        if view is None:  # deleted while we looked
            raise absent(found.project, found.name)
        return view


def absent(project: str, package: str) -> NotFound:
    """Refuse a package that is not there, to somebody who may know that."""
    return NotFound(text("package {project}/{package} does not exist", project=project, package=package))


def name_taken(package: str) -> Conflict:
    """Refuse to make a package, in the same words whether its name is one's or was one's."""
    sentence = text(
        "a package named {name} exists in this project, or did; only administrators make that again",
        name=package,
    )
    return Conflict(sentence)


def refuse_single(name: PackageName, layout: Layout | None) -> None:
    """Raise Invalid for a package of another format that shall have one file in each version."""
    if layout is Layout.SINGLE and name.format is not Format.GENERIC:
        sentence = text("a package of the format {format} has the layout files", format=name.format)
        raise Invalid.field("layout", sentence)


def not_empty(package: str, contents: Contents) -> NotEmpty:
    """Refuse to delete a package that holds something, and say what."""
    return NotEmpty(
        text(
            "package {package} is not empty (versions: {versions}, tags: {tags}, other uploads: {uploads}); "
            "add ?force=true to delete it with all of them",
            package=package,
            versions=contents.versions,
            tags=contents.tags,
            uploads=contents.uploads,
        ),
        holds=asdict(contents),
    )


def state_of(row: Package, contents: Contents) -> dict[str, str | int | None]:
    """Return what the audit log says about a package that goes."""
    return {"description": row.description, **asdict(contents)}
