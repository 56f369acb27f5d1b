"""What administrators do with other people's accounts."""

from dataclasses import dataclass, field

from wxcloudrun.erasure.rules import Doomed
from wxcloudrun.erasure.service import ErasureService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.users import queries
from wxcloudrun.users.events import USER_CHANGED, USER_CREATED, USER_DELETED
from wxcloudrun.users.models import User
from wxcloudrun.users.queries import UserView
from wxcloudrun.users.service.above import AboveUsers
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.users.service.users import new_user, refuse_taken, refuse_taken_name


@dataclass(frozen=True, slots=True)
class UserChange:
    """What shall be different; None stays as it is."""

    username: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    is_active: bool | None = None
    is_admin: bool | None = None

    @property
    def takes_power(self) -> bool:
        """True if an administrator would not be an active one afterwards."""
        return self.is_active is False or self.is_admin is False

    def changes_way_in(self, user: User) -> bool:
        """Tell whether somebody comes in otherwise afterwards, or may do more or less there."""
        is_other = self.email not in (None, user.email) or self.is_admin not in (None, user.is_admin)
        return is_other or self.password is not None or (self.is_active is True and not user.is_active)


class UserAdministrationService:
    """Lists, makes, changes and deletes users; one active administrator always stays."""

    def __init__(self, *, passwords: Passwords, above: AboveUsers, erasure: ErasureService) -> None:
        self._passwords = passwords
        self._above = above
        self._erasure = erasure

    def page(self, actor: Actor, page: PageRequest[int]) -> Page[UserView]:
        """List all users. Raises Forbidden."""
        actor.require_administrator()
        with reading() as session:
            return queries.page_of_users(session, page)

    def get(self, actor: Actor, user_id: int) -> UserView:
        """Show one user. Raises Forbidden, NotFound."""
        actor.require_administrator()
        with reading() as session:
            return queries.user_view(found(queries.person(session, user_id)))

    def create(self, actor: Actor, *, username: str, email: str, password: str | None) -> UserView:
        """Make a user; without a password they cannot log in with one until they are given one.

        Raises Forbidden, ProofNeeded for a login that gives a password, Conflict if the name or the
        address is taken, Invalid for a password that is little more than a name.
        """
        actor.require_administrator()
        if password is not None:
            actor.require_proof_of_login()
        password_hash = None if password is None else self._passwords.hash_new(password, email, username)

        def work(tx: Transaction) -> UserView:
            refuse_taken_name(tx, username)
            refuse_taken(tx, email)
            user = new_user(email=email, username=username, password_hash=password_hash)
            tx.session.add(user)
            tx.session.flush()
            announce(tx, actor, USER_CREATED, Subject(f"user/{user.id}"), after=state_of(user))
            return queries.user_view(user)

        return atomically(work)

    def change(self, actor: Actor, user_id: int, change: UserChange) -> UserView:
        """Change a user; deactivating them ends their sessions, another password ends all of their ways in.

        Raises Forbidden, also for an API key that would let somebody in; ProofNeeded for a login that does;
        NotFound; Conflict if the name or the address is taken, no active administrator would stay, or the
        password would be of no use without an address; Invalid for one that is little more than a name.
        """
        actor.require_administrator()
        if change.password is not None:
            actor.require_proof()  # before the password costs anything
        password_hash = None if change.password is None else self._new_hash(user_id, change)

        def work(tx: Transaction) -> UserView:
            if change.takes_power:
                refuse_without_administrator(tx, user_id)
            user = found(queries.lock_person(tx.session, user_id))
            refuse_change(tx, actor, change, user)
            before = state_of(user)
            apply(change, user, password_hash)
            if change.is_active is False:
                self._above.end_sessions(tx.session, user_id, but=actor.session_id, now=clock.now())
            after = state_of(user)
            if password_hash is not None or after != before:
                after["password"] = "kept" if password_hash is None else "changed"
                announce(tx, actor, USER_CHANGED, Subject(f"user/{user_id}"), before=before, after=after)
            if password_hash is not None:
                self._above.end_ways_in(tx, actor, user, but=actor.session_id, is_reset=True)
            tx.session.flush()
            return queries.user_view(user)

        return atomically(work)

    def _new_hash(self, user_id: int, change: UserChange) -> str:
        with reading() as session:
            user = found(queries.person(session, user_id))
        names = (user.email, user.username, change.email, change.username)
        return self._passwords.hash_new(change.password or "", *names)

    def delete(self, actor: Actor, user_id: int) -> None:
        """Delete a user with their sessions, keys and memberships; what they made stays, without a name.

        Raises Forbidden, NotFound, Conflict for the last active administrator and for somebody who
        alone owns a project.
        """
        actor.require_administrator()

        def work(tx: Transaction) -> None:
            refuse_without_administrator(tx, user_id)
            user = found(queries.lock_person(tx.session, user_id))
            projects = list(self._above.projects_solely_owned_by(tx.session, user_id))
            if projects:
                raise Conflict(
                    text("this user alone owns projects; give them another owner first"), projects=projects
                )
            announce(tx, actor, USER_DELETED, Subject(f"user/{user_id}"), before=state_of(user))
            user.leave(clock.now())
            self._above.forget_wechat_identity(tx.session, user_id)
            doomed = Doomed(User.__tablename__, user_id, f"user/{user_id}", row_stays=True)
            self._erasure.begin(tx, actor, doomed)

        atomically(work)


def found(user: User | None) -> User:
    """Return the user. Raises NotFound if there is none."""
    if user is None:
        raise NotFound(text("there is no such user"))
    return user


def state_of(user: User) -> dict[str, str | bool | None]:
    """Return what the audit log says about a user."""
    return {
        "email": user.email,
        "username": user.username,
        "is_active": user.is_active,
        "is_admin": user.is_admin,
    }


def refuse_change(tx: Transaction, actor: Actor, change: UserChange, user: User) -> None:
    """Raise ProofNeeded or Forbidden for a way in that the caller may not change, Conflict for bad values."""
    if change.changes_way_in(user):
        actor.require_proof()
    if change.username is not None:
        refuse_taken_name(tx, change.username, but=user.id)
    if change.email is not None and change.email != user.email:
        refuse_taken(tx, change.email)
    if change.password is not None and change.email is None and user.email is None:
        raise Conflict(text("without an e-mail address a password is of no use; give both"))


def apply(change: UserChange, user: User, password_hash: str | None) -> None:
    """Write what is given into the row."""
    if change.username is not None:
        user.username = change.username
    if change.email is not None:
        user.email = change.email
    if password_hash is not None:
        user.password_hash = password_hash
    if change.is_active is not None:
        user.is_active = change.is_active
    if change.is_admin is not None:
        user.is_admin = change.is_admin


def refuse_without_administrator(tx: Transaction, user_id: int) -> None:
    """Raise Conflict if nobody but this user is an active administrator."""
    if list(queries.lock_active_administrators(tx.session)) == [user_id]:
        raise Conflict(text("one active administrator stays; make somebody else one first"))
