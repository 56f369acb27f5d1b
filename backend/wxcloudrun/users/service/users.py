"""People and their own accounts: signing up, looking at oneself, a new password; the first administrator."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Forbidden, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.users import queries
from wxcloudrun.users.events import PASSWORD_CHANGED, USER_CREATED, USER_REGISTERED
from wxcloudrun.users.models import User
from wxcloudrun.users.queries import UserView
from wxcloudrun.users.rules import (
    MAX_USERNAME_LENGTH,
    UserKind,
    canonical_email,
    check_password,
    username_from,
)
from wxcloudrun.users.service.above import EndSessions, EndWaysIn
from wxcloudrun.users.service.guessing import attempt_at
from wxcloudrun.users.service.passwords import Passwords

SUFFIX_LETTERS = 6  # behind a name that we made and somebody has


class UserService:
    """Makes users, and lets them see and change themselves."""

    def __init__(
        self,
        *,
        passwords: Passwords,
        guard: LoginGuard,
        end_sessions: EndSessions,
        end_ways_in: EndWaysIn,
        registration_enabled: bool,
    ) -> None:
        self._passwords = passwords
        self._guard = guard
        self._end_sessions = end_sessions
        self._end_ways_in = end_ways_in
        self._registration_enabled = registration_enabled

    def register(self, actor: Actor, *, email: str, password: str, username: str | None) -> UserView:
        """Sign up; `actor` says where the request comes from.

        Raises Forbidden if registration is closed, TooManyRequests, Conflict if the name or the address is
        taken, Invalid for a password that is little more than a name. For a name that is taken it is the
        same whether the address is or not: what was counted tells one thing, and makes an account else.
        """
        if not self._registration_enabled:
            raise Forbidden(text("registration is closed; ask an administrator for an account"))
        self._guard.count_registration(actor)
        password_hash = self._passwords.hash_new(password, email, username)

        def work(tx: Transaction) -> UserView:
            if username is not None:
                refuse_taken_name(tx, username)
            refuse_taken(tx, email)
            name = username or free_name(tx, username_from(email))
            user = new_user(email=email, username=name, password_hash=password_hash)
            tx.session.add(user)
            tx.session.flush()
            announce(
                tx, actor, USER_REGISTERED, Subject(f"user/{user.id}"), after={"way": "email", "email": email}
            )
            return queries.user_view(user)

        return atomically(work)

    def change_password(self, actor: Actor, *, current: str, new: str, end_everything: bool = False) -> None:
        """Set a new password and end every other session: whoever knew the old one is out.

        `end_everything` ends all other ways in as well. Raises Forbidden if `current` is wrong and for an API
        key, ProofNeeded for somebody with a second factor, Conflict if there is no password to change,
        Invalid for a new one that is little more than a name, TooManyRequests.
        """
        actor.require_login()
        user = self._find(actor)
        stored = user.password_hash
        if user.second_factor_at is not None:
            actor.require_proof()
        if stored is None:
            raise Conflict(text("this account has no password; bind an e-mail address to it first"))
        with self._passwords.turn(), attempt_at(self._guard, actor, user) as attempt:
            attempt.succeeded = self._passwords.verify(stored, current)
        if not attempt.succeeded:
            raise Forbidden(text("the current password is wrong"))
        password_hash = self._passwords.hash_new(new, user.email, user.username, field="new_password")

        def work(tx: Transaction) -> None:
            row = queries.lock_person(tx.session, user.id)
            if row is None or row.password_hash != stored:
                raise Conflict(text("the password was changed meanwhile; log in again"))
            row.password_hash = password_hash
            announce(tx, actor, PASSWORD_CHANGED, Subject(f"user/{row.id}"))
            if end_everything:
                self._end_ways_in(tx, actor, row, but=actor.session_id, is_reset=False)
            else:
                self._end_sessions(tx.session, row.id, but=actor.session_id, now=clock.now())

        atomically(work)

    def ensure_administrator(self, email: str, password: str) -> bool:
        """Make the first administrator; False if there is an active one, whoever that is by now.

        Nobody's password changes. Raises ValueError or Invalid for an impossible address or password, and
        Conflict if somebody else signed up with the address: they are not made an administrator for it.
        """
        canonical, password = canonical_email(email), check_password(password)
        if self.administrator_id(email) is not None:
            return False  # found without a lock, so that a start needs no database that can be written to
        password_hash = self._passwords.hash_new(password, canonical)

        def work(tx: Transaction) -> bool:
            if queries.lock_active_administrators(tx.session):
                return False
            if queries.user_by_email(tx.session, canonical) is not None:
                raise Conflict(text("the address belongs to a user who is no active administrator"))
            name = free_name(tx, username_from(canonical))
            user = new_user(email=canonical, username=name, password_hash=password_hash)
            user.is_admin = True
            tx.session.add(user)
            tx.session.flush()
            state = {"email": canonical, "is_admin": True}
            announce(tx, SYSTEM, USER_CREATED, Subject(f"user/{user.id}"), after=state)
            return True

        return atomically(work)

    def administrator_id(self, email: str) -> int | None:
        """Return the id of the active administrator with that address, else of the oldest one."""
        with reading() as session:
            return queries.active_administrator(session, canonical_email(email))

    def _find(self, actor: Actor) -> User:
        with reading() as session:
            user = None if actor.user_id is None else queries.user(session, actor.user_id)
        if user is None:
            raise Unauthorized(text("log in or present an API key"))
        return user


def new_service_user(username: str) -> User:
    """Make the user that a service account is, who comes in by API keys alone."""
    return User(
        kind=UserKind.SERVICE.value,
        username=username,
        is_active=True,
        is_admin=False,
        created_at=clock.now(),
    )


def leave_all(session: Session, ids: Sequence[int]) -> None:
    """Let users leave whose accounts are erased; the rows stay, as of everybody who leaves."""
    now = clock.now()
    for row in queries.users(session, ids):
        row.leave(now)


def new_user(*, email: str | None, username: str, password_hash: str | None) -> User:
    """Return an active person who is not stored yet."""
    return User(
        email=email,
        username=username,
        password_hash=password_hash,
        is_active=True,
        is_admin=False,
        created_at=clock.now(),
    )


def refuse_taken(tx: Transaction, email: str) -> None:
    """Raise Conflict if somebody has that address."""
    if queries.user_by_email(tx.session, email) is not None:
        raise Conflict(text("a user with this e-mail address exists"), field="email")


def refuse_taken_name(tx: Transaction, username: str, *, but: int | None = None) -> None:
    """Raise Conflict if somebody, other than the user `but`, has a name that is taken for this one."""
    user = queries.person_named(tx.session, username)
    if user is not None and user.id != but:
        raise Conflict(
            text("a user has this name, or one that differs in case or spelling alone"), field="username"
        )


def free_name(tx: Transaction, wanted: str) -> str:
    """Return `wanted`, or that with some letters behind it if somebody is called so."""
    name = wanted
    while queries.person_named(tx.session, name) is not None:
        name = f"{wanted[: MAX_USERNAME_LENGTH - SUFFIX_LETTERS - 1]}-{ids.new_id()[:SUFFIX_LETTERS]}"
    return name
