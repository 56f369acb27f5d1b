"""Use cases on projects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.erasure.rules import Doomed
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.kit import clock, quotas
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Forbidden, NotEmpty, QuotaReached
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.names import is_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import SYSTEM, Action, Actor, ProjectAccess, Role, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.projects import queries
from wxcloudrun.projects.events import (
    PROJECT_CHANGED,
    PROJECT_CREATED,
    PROJECT_DELETED,
)
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.projects.queries import ProjectView

DEFAULT_PROJECT = "default"

type CountPackages = Callable[[Session, int], int]
"""Asks the domain above, which this one does not know: how many packages does the project hold?"""

type HasHeldPackages = Callable[[Session, str], bool]
"""Asks the same: is or was any package in a project of that name?"""

type RevokeKeys = Callable[[Session, int, datetime], int]
"""Tells another one: the keys that are good for this project alone are over. Returns how many those were."""


@dataclass(frozen=True, slots=True)
class Creation:
    """Who may make projects, and how many each."""

    only_administrators: bool
    most_per_user: int


class ProjectService:
    """Makes, shows, changes and deletes projects."""

    def __init__(
        self,
        *,
        creation: Creation,
        count_packages: CountPackages,
        has_held_packages: HasHeldPackages,
        revoke_keys: RevokeKeys,
        erasure: ErasureService,
    ) -> None:
        self._creation = creation
        self._count_packages = count_packages
        self._has_held_packages = has_held_packages
        self._revoke_keys = revoke_keys
        self._erasure = erasure

    def create(self, actor: Actor, name: str, description: str, *, is_public: bool) -> ProjectView:
        """Make a project; the caller becomes its owner.

        Raises Conflict if the name is taken, Forbidden for a service account: it would be nobody's, and for
        a public one if the credential may not manage: it could show everybody what its owner keeps private.
        Only an administrator gets the name of a project that was deleted and had packages: what caches and
        lock files expect under it shall not come from somebody else. QuotaReached for one too many.
        """
        actor.require_person()
        if is_public:
            actor.require_scope(Scope.MANAGE)
        if actor.bound_project_id is not None:
            raise Forbidden(text("this key is bound to one project"))
        if self._creation.only_administrators:
            actor.require_administrator()

        def work(tx: Transaction) -> ProjectView:
            is_free = actor.is_administrator or not self._has_held_packages(tx.session, name)
            if queries.access(tx.session, name, None) is not None or not is_free:
                raise name_taken(name)
            self._refuse_too_many(tx.session, actor)
            now = clock.now()
            project = Project(
                name=name,
                description=description,
                is_public=is_public,
                created_at=now,
                created_by=actor.user_id,
            )
            tx.session.add(project)
            tx.session.flush()
            owner = Membership(
                project_id=project.id, user_id=actor.user_id, role=Role.OWNER.value, created_at=now
            )
            tx.session.add(owner)
            tx.session.flush()
            announce(tx, actor, PROJECT_CREATED, Subject(f"project/{name}"), after=state_of(project))
            found = ProjectAccess(project.id, name, is_public, Role.OWNER)
            return queries.view(tx.session, found, Role.OWNER)

        return atomically(work)

    def page(self, actor: Actor, page: PageRequest[str]) -> Page[ProjectView]:
        """List the projects that the caller may see."""
        with reading() as session:
            return queries.page_of_projects(session, actor, page)

    def get(self, actor: Actor, name: str) -> ProjectView:
        """Show one project. Raises NotFound."""
        with reading() as session:
            found = find(session, actor, name, Action.PROJECT_READ)
            return queries.view(session, found, actor.role_in(found))

    def change(
        self, actor: Actor, name: str, *, description: str | None, is_public: bool | None
    ) -> ProjectView:
        """Change what is given. Raises NotFound, Forbidden."""

        def work(tx: Transaction) -> ProjectView:
            found = find(tx.session, actor, name, Action.PROJECT_CHANGE)
            project = self._lock(tx, actor, found)
            before = state_of(project)
            if description is not None:
                project.description = description
            if is_public is not None:
                project.is_public = is_public
            if (after := state_of(project)) != before:
                announce(tx, actor, PROJECT_CHANGED, Subject(f"project/{name}"), before=before, after=after)
            tx.session.flush()
            return queries.view(tx.session, found, actor.role_in(found))

        return atomically(work)

    def delete(self, actor: Actor, name: str, *, force: bool) -> None:
        """Delete a project and, with `force`, everything in it.

        It is gone when this returns; of a large one the rows follow in the background. If it had packages,
        only an administrator makes one under its name again.
        Raises NotFound, Forbidden, or NotEmpty if it holds packages and `force` is not set.
        """

        def work(tx: Transaction) -> None:
            found = find(tx.session, actor, name, Action.PROJECT_DELETE)
            project = self._lock(tx, actor, found)  # from here on nobody adds a package
            packages = self._count_packages(tx.session, found.project_id)
            if not force and packages:
                raise NotEmpty(
                    text(
                        "project {project} is not empty (packages: {packages}); "
                        "add ?force=true to delete it with all of them",
                        project=name,
                        packages=packages,
                    ),
                    holds={"packages": packages},
                )
            now, before = clock.now(), state_of(project)
            project.hide(now)
            revoked = self._revoke_keys(tx.session, project.id, now)
            announce(
                tx,
                actor,
                PROJECT_DELETED,
                Subject(f"project/{name}"),
                before=before,
                after={"keys_revoked": revoked},
            )
            self._erasure.begin(tx, actor, Doomed(Project.__tablename__, project.id, f"project/{name}"))

        atomically(work)

    def ensure_default(self, owner_id: int) -> bool:
        """Make the private project that releases go to by default; True if it was not there."""
        with reading() as session:  # first, so that a start needs no database that can be written to
            if queries.access(session, DEFAULT_PROJECT, None) is not None:
                return False

        def work(tx: Transaction) -> bool:
            if queries.access(tx.session, DEFAULT_PROJECT, None) is not None:
                return False
            now = clock.now()
            project = Project(name=DEFAULT_PROJECT, description="", created_at=now, created_by=owner_id)
            tx.session.add(project)
            tx.session.flush()
            tx.session.add(
                Membership(project_id=project.id, user_id=owner_id, role=Role.OWNER.value, created_at=now)
            )
            state = {**state_of(project), "owner": owner_id}
            announce(tx, SYSTEM, PROJECT_CREATED, Subject(f"project/{DEFAULT_PROJECT}"), after=state)
            return True

        return atomically(work)

    def _refuse_too_many(self, session: Session, actor: Actor) -> None:
        limit = self._creation.most_per_user
        if quotas.is_reached(session, queries.made_by(actor.user_id), limit):
            sentence = text("you have {limit} projects, which is as many as you may make", limit=limit)
            raise QuotaReached(sentence, limit=limit, of="projects")

    def _lock(self, tx: Transaction, actor: Actor, found: ProjectAccess) -> Project:
        project = queries.project(tx.session, found.project_id)
        if project is None:  # deleted while we waited for the lock
            raise actor.unseen(text("project {project}", project=found.project))
        return project


def state_of(project: Project) -> dict[str, str | bool]:
    """Return what the audit log says about a project."""
    return {"description": project.description, "is_public": bool(project.is_public)}


def name_taken(name: str) -> Conflict:
    """Refuse to make a project, in the same words whether its name is one's or was one's."""
    sentence = text("a project named {name} exists, or did; only administrators make that again", name=name)
    return Conflict(sentence)


def find(session: Session, actor: Actor, name: str, action: Action) -> ProjectAccess:
    """Return what decides about a project if the caller may do `action` in it. Raises NotFound, Forbidden."""
    found = queries.access(session, name, actor.user_id) if is_name(name) else None
    return actor.require(action, found, what=text("project {project}", project=name))
