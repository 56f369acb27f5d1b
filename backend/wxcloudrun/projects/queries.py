"""Every SELECT on projects and memberships, and the one condition that says which are visible."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, or_, select, true
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.accounts.queries import username_of
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, ProjectAccess, Role, Scope
from wxcloudrun.projects.models import Membership, Project


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project as one caller sees it."""

    name: str
    description: str
    is_public: bool
    role: str | None
    created_at: datetime
    created_by: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a project."""

    user_id: int
    username: str
    role: str
    created_at: datetime


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `projects` that says the same as `Actor.role_in`.

    A credential without the read scope sees nothing, not even by counting.
    """
    return condition(Sight.of(actor), user_id=actor.user_id, bound_project_id=actor.bound_project_id)


@dataclass(frozen=True, slots=True)
class Sight:
    """What about a caller decides the form of the condition, so that statements can be built beforehand."""

    reads: bool
    is_bound: bool
    is_administrator: bool

    @classmethod
    def of(cls, actor: Actor) -> "Sight":
        """Return a caller's."""
        return cls(Scope.READ in actor.scopes, actor.bound_project_id is not None, actor.is_administrator)


def visible(sight: Sight) -> ColumnElement[bool]:
    """Return the condition of `visible_to` for statements that are built once; they need `who` is asking."""
    return condition(sight, user_id=bindparam("caller_id"), bound_project_id=bindparam("bound_project_id"))


def who(actor: Actor) -> dict[str, int | None]:
    """Return the parameters of a statement with `visible`."""
    return {"caller_id": actor.user_id, "bound_project_id": actor.bound_project_id}


def condition(sight: Sight, *, user_id: Any, bound_project_id: Any) -> ColumnElement[bool]:
    """Write the condition; the two ids are values or parameters."""
    if not sight.reads:
        return false()
    within_binding = Project.id == bound_project_id if sight.is_bound else true()
    if sight.is_administrator:
        return within_binding
    membership = (
        exists()
        .where(Membership.project_id == Project.id, Membership.user_id == user_id)
        .correlate(Project)  # the statement around it may have memberships of its own
    )
    return and_(within_binding, or_(Project.is_public, membership))


def access(session: Session, name: str, user_id: int | None) -> ProjectAccess | None:
    """Return what decides about the project `name` for that user."""
    mine = and_(Membership.project_id == Project.id, Membership.user_id == user_id)
    row = session.execute(
        select(Project.id, Project.name, Project.is_public, Membership.role)
        .outerjoin(Membership, mine)
        .where(Project.name == name)
    ).one_or_none()
    if row is None:
        return None
    return ProjectAccess(row.id, row.name, row.is_public, None if row.role is None else Role(row.role))


def view(session: Session, found: ProjectAccess, role: Role | None) -> ProjectView:
    """Return the project for an answer."""
    row = session.execute(
        select(Project, User.username)
        .outerjoin(User, User.id == Project.created_by)
        .where(Project.id == found.project_id)
    ).one()
    project = row.Project
    return ProjectView(
        name=project.name,
        description=project.description,
        is_public=project.is_public,
        role=role.label if role else None,
        created_at=project.created_at,
        created_by=row.username,
    )


def page_of_projects(session: Session, actor: Actor, page: PageRequest[str]) -> Page[ProjectView]:
    """Return the projects that the caller may see, by name."""
    mine = and_(Membership.project_id == Project.id, Membership.user_id == actor.user_id)
    statement = (
        select(Project, username_of(Project.created_by), Membership.role)
        .outerjoin(Membership, mine)
        .where(visible_to(actor))
        .order_by(Project.name)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Project.name > page.after)
    found = []
    for project, username, role in session.execute(statement):
        membership = None if role is None else Role(role)
        seen_as = actor.role_in(ProjectAccess(project.id, project.name, project.is_public, membership))
        found.append(
            ProjectView(
                name=project.name,
                description=project.description,
                is_public=project.is_public,
                role=seen_as.label if seen_as else None,
                created_at=project.created_at,
                created_by=username,
            )
        )
    return Page.cut(found, page.limit, lambda project: project.name)


def project(session: Session, project_id: int) -> Project | None:
    """Return the row for a change, locked where the database locks rows; None if it has just gone."""
    statement = select(Project).where(Project.id == project_id).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def membership(session: Session, project_id: int, user_id: int) -> Membership | None:
    """Return one membership for a change."""
    statement = select(Membership).where(Membership.project_id == project_id, Membership.user_id == user_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def member(session: Session, project_id: int, user_id: int) -> Member | None:
    """Return one member for an answer."""
    row = session.execute(members_of(project_id).where(Membership.user_id == user_id)).one_or_none()
    return None if row is None else as_member(row.Membership, row.username)


def page_of_members(session: Session, project_id: int, page: PageRequest[int]) -> Page[Member]:
    """Return the members by user id."""
    statement = members_of(project_id).order_by(Membership.user_id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(Membership.user_id > page.after)
    members = [as_member(row.Membership, row.username) for row in session.execute(statement)]
    return Page.cut(members, page.limit, lambda each: each.user_id)


def members_of(project_id: int):  # type: ignore[no-untyped-def]  # the type of a Select of two entities says less than the code # noqa: ANN201
    """Select memberships with the names of their users."""
    return (
        select(Membership, User.username)
        .join(User, User.id == Membership.user_id)
        .where(Membership.project_id == project_id)
    )


def as_member(row: Membership, username: str) -> Member:
    """Shape a membership for an answer."""
    return Member(row.user_id, username, Role(row.role).label, row.created_at)


def lock_owners(session: Session, project_id: int) -> Sequence[int]:
    """Return the user ids of the owners, locked: two of them must not leave at once."""
    statement = select(Membership.user_id).where(
        Membership.project_id == project_id, Membership.role == Role.OWNER.value
    )
    return session.execute(statement.with_for_update()).scalars().all()


def user_exists(session: Session, user_id: int) -> bool:
    """Tell whether there is such a user."""
    return session.execute(select(User.id).where(User.id == user_id)).scalar_one_or_none() is not None


def visible_project_id(session: Session, actor: Actor, name: str) -> int | None:
    """Return the id of a project that the caller may see."""
    statement = select(Project.id).where(Project.name == name, visible_to(actor))
    return session.execute(statement).scalar_one_or_none()


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of projects by id."""
    rows = session.execute(select(Project.id, Project.name).where(Project.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def projects_solely_owned_by(session: Session, user_id: int) -> Sequence[str]:
    """Return the projects that would have no owner without this user.

    The owners of all the user's projects are locked: another one must not leave at the same time.
    """
    owned = select(Membership.project_id).where(
        Membership.user_id == user_id, Membership.role == Role.OWNER.value
    )
    owners = session.execute(
        select(Project.name)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.role == Role.OWNER.value, Project.id.in_(owned))
        .order_by(Project.name)
        .with_for_update(of=Membership)
    )
    return [name for name, count in Counter(owners.scalars()).items() if count == 1]
