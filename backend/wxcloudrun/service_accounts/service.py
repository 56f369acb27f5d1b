"""Use cases on service accounts and their keys."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.erasure.rules import Doomed
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.keys.service.keys import KeyHolder, KeyService, KeySpec, KeyView, MadeKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Invalid
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.names import is_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor, ProjectAccess, Role
from wxcloudrun.kit.texts import text
from wxcloudrun.projects import reads as project_reads
from wxcloudrun.projects.service.members import join
from wxcloudrun.service_accounts import queries
from wxcloudrun.service_accounts.events import (
    SERVICE_ACCOUNT_CHANGED,
    SERVICE_ACCOUNT_CREATED,
    SERVICE_ACCOUNT_DELETED,
)
from wxcloudrun.service_accounts.models import ADMINISTRATORS, ServiceAccount
from wxcloudrun.service_accounts.queries import AccountView, FoundAccount
from wxcloudrun.service_accounts.rules import account_username
from wxcloudrun.users.reads import User
from wxcloudrun.users.service.users import new_service_user

READ, CHANGE = Action.SERVICE_ACCOUNTS_READ, Action.SERVICE_ACCOUNTS_CHANGE


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """What an account shall be; without a project it is the administrators'."""

    name: str
    project: str | None = None
    role: Role | None = None


class ServiceAccountService:
    """Makes, shows, changes and deletes service accounts; makes, lists and revokes their keys.

    A project's are managed by its owners, the others by administrators. Whoever changes one holds its
    project first and the account then, as whoever deletes a project does: no key comes after that.
    """

    def __init__(self, *, keys: KeyService, erasure: ErasureService) -> None:
        self._keys = keys
        self._erasure = erasure

    def page(self, actor: Actor, project: str | None, page: PageRequest[int]) -> Page[AccountView]:
        """List the accounts of a project, or those of the administrators. Raises NotFound, Forbidden."""
        with reading() as session:
            access = self._owning_project(session, actor, project, READ)
            return queries.page_of_accounts(session, namespace_of(access), page)

    def get(self, actor: Actor, account_id: int) -> AccountView:
        """Show one account. Raises NotFound, Forbidden."""
        with reading() as session:
            return self._find(session, actor, account_id, READ).view

    def create(self, actor: Actor, spec: AccountSpec) -> AccountView:
        """Make an account; in its project it gets that role, which is not above the caller's own.

        Raises NotFound, Forbidden, Conflict if the owner has one of that name, Invalid for a project
        without a role and a role without a project.
        """
        if (spec.project is None) != (spec.role is None):
            raise Invalid.field("role", text("give a project and a role in it, or neither"))

        def work(tx: Transaction) -> AccountView:
            access = self._owning_project(tx.session, actor, spec.project, CHANGE)
            self._lock_project(tx, actor, access)
            refuse_taken(tx, access, spec.name)
            user = new_service_user(account_username(spec.project, spec.name))
            tx.session.add(user)
            tx.session.flush()
            account = ServiceAccount(
                user_id=user.id,
                project_id=None if access is None else access.project_id,
                namespace_id=namespace_of(access),
                name=spec.name,
                created_by=actor.user_id,
            )
            tx.session.add(account)
            tx.session.flush()
            role = None if spec.role is None else spec.role.label
            after = {**state_of(account, user), "project": spec.project, "role": role}
            announce(tx, actor, SERVICE_ACCOUNT_CREATED, Subject(path_of(user.id)), after=after)
            if access is not None and spec.role is not None:
                join(tx, actor, access, user.id, spec.role)
                tx.session.flush()
            return self._find(tx.session, actor, user.id, CHANGE).view

        return atomically(work)

    def change(
        self, actor: Actor, account_id: int, *, name: str | None, is_active: bool | None
    ) -> AccountView:
        """Rename, disable or enable an account; the keys of a disabled one do not work.

        Raises NotFound, Forbidden, Conflict if the owner has another one of that name.
        """

        def work(tx: Transaction) -> AccountView:
            found, account, user = self._lock_account(tx, actor, account_id)
            before = state_of(account, user)
            if name is not None and name != account.name:
                refuse_taken(tx, found.access, name)
                account.name = name
                user.username = account_username(found.view.project, name)
            if is_active is not None:
                user.is_active = is_active
            if (after := state_of(account, user)) != before:
                what = Subject(path_of(account_id))
                announce(tx, actor, SERVICE_ACCOUNT_CHANGED, what, before=before, after=after)
            tx.session.flush()
            return self._find(tx.session, actor, account_id, CHANGE).view

        return atomically(work)

    def delete(self, actor: Actor, account_id: int) -> None:
        """Delete an account with its keys and roles; what it made stays, without a name.

        Raises NotFound, Forbidden.
        """

        def work(tx: Transaction) -> None:
            _, account, user = self._lock_account(tx, actor, account_id)
            before = state_of(account, user)
            announce(tx, actor, SERVICE_ACCOUNT_DELETED, Subject(path_of(account_id)), before=before)
            tx.session.delete(account)  # at once, so that the name is free
            user.leave(clock.now())
            doomed = Doomed(User.__tablename__, account_id, path_of(account_id), row_stays=True)
            self._erasure.begin(tx, actor, doomed)

        atomically(work)

    def keys(self, actor: Actor, account_id: int, page: PageRequest[int]) -> Page[KeyView]:
        """List the keys of an account, newest first. Raises NotFound, Forbidden."""
        with reading() as session:
            access = self._find(session, actor, account_id, READ).access
            projects = {} if access is None else {access.project_id: access.project}
            return self._keys.page_of(session, account_id, page, projects)

    def make_key(self, actor: Actor, account_id: int, spec: KeySpec) -> MadeKey:
        """Make a key for an account; that of a project's works in that project alone.

        It goes with the key that it is made with, and stays when a login ends. Raises NotFound, ProofNeeded,
        and Forbidden also for more than the presented key may do itself.
        """

        def work(tx: Transaction) -> MadeKey:
            found, _, _ = self._lock_account(tx, actor, account_id)
            actor.require_proof_of_login()
            return self._keys.make_for(tx, actor, KeyHolder(account_id, found.project_id), spec)

        return atomically(work)

    def revoke_key(self, actor: Actor, account_id: int, key_id: int) -> None:
        """Revoke a key of an account. Raises NotFound, Forbidden."""

        def work(tx: Transaction) -> None:
            self._lock_account(tx, actor, account_id)
            self._keys.revoke_of(tx, actor, account_id, key_id)

        atomically(work)

    def _owning_project(
        self, session: Session, actor: Actor, project: str | None, action: Action
    ) -> ProjectAccess | None:
        """Return the project whose accounts the caller asks for, None for those of the administrators."""
        if project is None:
            actor.require_administrator()
            return None
        access = project_reads.access(session, project, actor.user_id) if is_name(project) else None
        return actor.require(action, access, what=text("project {project}", project=project))

    def _find(self, session: Session, actor: Actor, account_id: int, action: Action) -> FoundAccount:
        found = queries.account(session, account_id, actor.user_id)
        what = text("service account {id}", id=account_id)
        if found is None or (found.access is None and not actor.is_admin):
            raise actor.unseen(what)
        if found.access is None:
            actor.require_administrator()
        else:
            actor.require(action, found.access, what=what)
        return found

    def _lock_account(
        self, tx: Transaction, actor: Actor, account_id: int
    ) -> tuple[FoundAccount, ServiceAccount, User]:
        """Return an account for a change, locked behind its project."""
        found = self._find(tx.session, actor, account_id, CHANGE)
        self._lock_project(tx, actor, found.access)
        rows = queries.lock_account(tx.session, account_id)
        if rows is None:  # deleted while we waited for the lock
            raise actor.unseen(text("service account {id}", id=account_id))
        return found, *rows

    def _lock_project(self, tx: Transaction, actor: Actor, access: ProjectAccess | None) -> None:
        """Keep others from deleting the project meanwhile."""
        if access is not None and project_reads.project(tx.session, access.project_id) is None:
            raise actor.unseen(text("project {project}", project=access.project))


def namespace_of(access: ProjectAccess | None) -> int:
    """Return in which namespace an owner's names are unique."""
    return ADMINISTRATORS if access is None else access.project_id


def refuse_taken(tx: Transaction, access: ProjectAccess | None, name: str) -> None:
    """Raise Conflict if the owner has an account of that name."""
    if queries.is_taken(tx.session, namespace_of(access), name):
        raise Conflict(text("a service account named {name} exists", name=name), field="name")


def path_of(account_id: int) -> str:
    """Return how the audit log calls an account: it is a user."""
    return f"user/{account_id}"


def state_of(account: ServiceAccount, user: User) -> dict[str, str | bool]:
    """Return what the audit log says about an account."""
    return {"name": account.name, "is_active": user.is_active}
