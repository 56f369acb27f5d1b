"""Every SELECT on service accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import ProjectAccess, Role
from wxcloudrun.projects.reads import Membership, Project, access_in, accesses
from wxcloudrun.service_accounts.models import ServiceAccount
from wxcloudrun.users.reads import User, username_of
from wxcloudrun.users.reads import is_there as user_is_there

OWN = aliased(Membership)  # what the account is in its project


@dataclass(frozen=True, slots=True)
class AccountView:
    """A service account as an answer shows it."""

    id: int
    name: str
    username: str
    project: str | None
    role: str | None
    is_active: bool
    created_at: datetime
    created_by: str | None


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """A service account, and what decides about its project for the caller; None: the administrators' own."""

    view: AccountView
    access: ProjectAccess | None

    @property
    def project_id(self) -> int | None:
        """The project that owns it."""
        return None if self.access is None else self.access.project_id


def account(session: Session, account_id: int, caller_id: int | None) -> FoundAccount | None:
    """Return one account, as far as its project is there."""
    owner = select(ServiceAccount.project_id).where(ServiceAccount.user_id == account_id).scalar_subquery()
    place = accesses().where(Project.id == owner).subquery()
    statement = (
        accounts()
        .add_columns(*place.c)
        .outerjoin(place, place.c.project_id == ServiceAccount.project_id)
        .where(User.id == account_id)
        .where(or_(ServiceAccount.project_id.is_(None), place.c.project_id.is_not(None)))
    )
    row = session.execute(statement, {"user_id": caller_id}).one_or_none()
    if row is None:
        return None
    return FoundAccount(as_view(row), None if row.project_id is None else access_in(row))


def page_of_accounts(session: Session, namespace_id: int, page: PageRequest[int]) -> Page[AccountView]:
    """Return the accounts of one owner by id."""
    statement = (
        accounts()
        .where(ServiceAccount.namespace_id == namespace_id)
        .order_by(ServiceAccount.user_id)
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(ServiceAccount.user_id > page.after)
    views = [as_view(row) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)


def accounts() -> Select[*tuple[Any, ...]]:
    """Select what an AccountView holds; the project may have been deleted."""
    own = and_(OWN.project_id == ServiceAccount.project_id, OWN.user_id == ServiceAccount.user_id)
    return (
        select(
            ServiceAccount,
            User,
            Project.name.label("owner"),
            OWN.role.label("own_role"),
            username_of(ServiceAccount.created_by).label("maker"),
        )
        .join(User, User.id == ServiceAccount.user_id)
        .outerjoin(Project, Project.id == ServiceAccount.project_id)
        .outerjoin(OWN, own)
        .where(user_is_there())
    )


def as_view(row: Any) -> AccountView:
    """Shape a row of `accounts` for an answer."""
    return AccountView(
        id=row.User.id,
        name=row.ServiceAccount.name,
        username=row.User.username,
        project=row.owner,
        role=None if row.own_role is None else Role(row.own_role).label,
        is_active=row.User.is_active,
        created_at=row.User.created_at,
        created_by=row.maker,
    )


def lock_account(session: Session, account_id: int) -> tuple[ServiceAccount, User] | None:
    """Return one account for a change; None if it has just gone."""
    statement = (
        select(ServiceAccount, User)
        .join(User, User.id == ServiceAccount.user_id)
        .where(ServiceAccount.user_id == account_id, user_is_there())
    )
    statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.execute(statement).one_or_none()
    return None if row is None else (row.ServiceAccount, row.User)


def is_taken(session: Session, namespace_id: int, name: str) -> bool:
    """Tell whether the owner has an account of that name."""
    statement = exists().where(ServiceAccount.namespace_id == namespace_id, ServiceAccount.name == name)
    return session.execute(select(statement)).scalar_one()


def may_join(session: Session, project_id: int, account_id: int) -> bool:
    """Tell whether an account may be a member of that project: no other project owns it."""
    is_free = or_(ServiceAccount.project_id.is_(None), ServiceAccount.project_id == project_id)
    return session.execute(select(exists().where(ServiceAccount.user_id == account_id, is_free))).scalar_one()
