"""Every SELECT on projects and memberships, and the one condition that says which are visible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    and_,
    bindparam,
    exists,
    false,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from wxcloudrun.kit.columns import RowId
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor, ProjectAccess, Role, Scope
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.users.reads import User, is_called, is_person, username_of
from wxcloudrun.users.reads import is_there as user_is_there

MANY = 1000  # projects that one statement looks at
MAX_NAMED = 100


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
    kind: str
    username: str
    role: str
    created_at: datetime


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `projects` that says the same as `Actor.role_in`.

    A credential that may not read sees nothing, not even by counting.
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
        return cls(Scope.DOWNLOAD in actor.scopes, actor.bound_project_id is not None, actor.is_administrator)


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
    within_binding = and_(is_there(), Project.id == bound_project_id if sight.is_bound else true())
    if sight.is_administrator:
        return within_binding
    membership = (
        exists()
        .where(Membership.project_id == Project.id, Membership.user_id == user_id)
        .correlate(Project)  # the statement around it may have memberships of its own
    )
    return and_(within_binding, or_(Project.is_public, membership))


def is_there() -> ColumnElement[bool]:
    """Return the condition on `projects` that leaves out those that were deleted."""
    return Project.deleted_at.is_(None)


def access(session: Session, name: str, user_id: int | None) -> ProjectAccess | None:
    """Return what decides about the project `name` for that user."""
    statement = accesses().where(Project.name == name)
    row = session.execute(statement, {"user_id": user_id}).one_or_none()
    return None if row is None else access_in(row)


def accesses() -> Select[*tuple[Any, ...]]:
    """Select what `access_in` reads, of the projects that are there, for the user `user_id`.

    This is the one statement about who may do what somewhere; what else is asked of a place is joined to it.
    """
    projects, members = Project.__table__, Membership.__table__
    mine = and_(members.c.project_id == projects.c.id, members.c.user_id == bindparam("user_id"))
    return (
        select(
            projects.c.id.label("project_id"),
            projects.c.name.label("project"),
            projects.c.is_public,
            members.c.role,
        )
        .select_from(projects.outerjoin(members, mine))
        .where(is_there())
    )


def access_in(row: Any) -> ProjectAccess:
    """Read what decides about a project out of a row of `accesses`."""
    role = None if row.role is None else Role(row.role)
    return ProjectAccess(row.project_id, row.project, row.is_public, role)


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


def made_by(user_id: int | None) -> Select[int]:
    """Select the ids of the projects that a user has made and belongs to."""
    return (
        select(Project.id)
        .join(Membership, and_(Membership.project_id == Project.id, Membership.user_id == user_id))
        .where(Project.created_by == user_id, is_there())
    )


def project(session: Session, project_id: int) -> Project | None:
    """Return the row for a change, locked where the database locks rows; None if it has just gone."""
    statement = select(Project).where(Project.id == project_id, is_there()).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def membership(session: Session, project_id: int, user_id: int) -> Membership | None:
    """Return one membership for a change."""
    statement = select(Membership).where(Membership.project_id == project_id, Membership.user_id == user_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def member(session: Session, project_id: int, user_id: int) -> Member | None:
    """Return one member for an answer."""
    row = session.execute(members_of(project_id).where(Membership.user_id == user_id)).one_or_none()
    return None if row is None else as_member(*row)


def page_of_members(session: Session, project_id: int, page: PageRequest[int]) -> Page[Member]:
    """Return the members by user id."""
    statement = members_of(project_id).order_by(Membership.user_id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(Membership.user_id > page.after)
    members = [as_member(*row) for row in session.execute(statement)]
    return Page.cut(members, page.limit, lambda each: each.user_id)


def members_of(project_id: int):  # type: ignore[no-untyped-def]  # the type of a Select of two entities says less than the code # noqa: ANN201
    """Select memberships with the kinds and names of their users."""
    return (
        select(Membership, User.kind, User.username)
        .join(User, User.id == Membership.user_id)
        .where(Membership.project_id == project_id, user_is_there())
    )


def as_member(row: Membership, kind: str, username: str) -> Member:
    """Shape a membership for an answer."""
    return Member(row.user_id, kind, username, Role(row.role).label, row.created_at)


def lock_owners(session: Session, project_id: int) -> Sequence[int]:
    """Return the user ids of the first two owners, locked with their users: two must not leave at once.

    They are people: what only a service account owns is nobody's. Two are enough to know whether somebody
    is the only one. Whoever leaves waits here for everybody else who might be the last but one.
    """
    statement = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.project_id == project_id, Membership.role == Role.OWNER.value, is_person())
        .order_by(Membership.user_id)
        .limit(2)
    )
    return session.execute(statement.with_for_update()).scalars().all()


def kind_of_user(session: Session, user_id: int) -> str | None:
    """Return what kind of user that is, None if there is none."""
    statement = select(User.kind).where(User.id == user_id, user_is_there())
    return session.execute(statement).scalar_one_or_none()


def person_id(session: Session, called: str) -> int | None:
    """Return the id of the person with that user name or that address in its canonical spelling."""
    return session.execute(select(User.id).where(is_called(called))).scalar_one_or_none()


def share_project(session: Session, actor: Actor, user_id: int) -> bool:
    """Tell whether the caller and that user belong to one project that the credential is good for."""
    mine, theirs = aliased(Membership), aliased(Membership)
    statement = (
        select(mine.project_id)
        .join(theirs, theirs.project_id == mine.project_id)
        .join(Project, Project.id == mine.project_id)
        .where(mine.user_id == actor.user_id, theirs.user_id == user_id, is_there())
        .limit(1)
    )
    if actor.bound_project_id is not None:
        statement = statement.where(mine.project_id == actor.bound_project_id)
    return session.execute(statement).first() is not None


def add_if_new(session: Session, project_id: int, user_id: int, role: Role, now: datetime) -> bool:
    """Make a person a member who is none yet, with one statement for all cases; True if that was done."""
    is_member = exists().where(Membership.project_id == project_id, Membership.user_id == user_id)
    row = select(
        literal(project_id, RowId),
        User.id,
        literal(role.value, Membership.role.type),
        literal(now, Membership.created_at.type),
    ).where(User.id == user_id, is_person(), ~is_member)
    added = insert(Membership).from_select(["project_id", "user_id", "role", "created_at"], row)
    return cast("CursorResult[Any]", session.execute(added)).rowcount == 1


def visible_project_id(session: Session, actor: Actor, name: str) -> int | None:
    """Return the id of a project that the caller may see."""
    statement = select(Project.id).where(Project.name == name, visible_to(actor))
    return session.execute(statement).scalar_one_or_none()


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of projects by id."""
    rows = session.execute(select(Project.id, Project.name).where(Project.id.in_(list(ids)), is_there()))
    return {row.id: row.name for row in rows}


def projects_solely_owned_by(session: Session, user_id: int) -> Sequence[str]:
    """Return projects that would have no owner without this user; some of them, if there are very many.

    The user is locked already: nobody whom `lock_owners` finds beside them can leave at the same time.
    """
    after = 0
    while owned := owned_projects(session, user_id, after):
        after = owned[-1]
        if lonely := without_other_owner(session, user_id, owned):
            return lonely
    return []


def owned_projects(session: Session, user_id: int, after: int) -> Sequence[int]:
    """Return the ids of the next projects that a user owns."""
    mine = and_(Membership.user_id == user_id, Membership.role == Role.OWNER.value)
    statement = select(Membership.project_id).where(mine, Membership.project_id > after)
    return session.execute(statement.order_by(Membership.project_id).limit(MANY)).scalars().all()


def without_other_owner(session: Session, user_id: int, ids: Sequence[int]) -> Sequence[str]:
    """Return the names of those of these projects that no other person owns, MAX_NAMED at most."""
    another = (
        exists()
        .where(Membership.project_id == Project.id, Membership.role == Role.OWNER.value)
        .where(Membership.user_id != user_id, User.id == Membership.user_id, is_person())
    )
    statement = select(Project.name).where(Project.id.in_(ids), is_there(), ~another)
    return session.execute(statement.order_by(Project.name).limit(MAX_NAMED)).scalars().all()
