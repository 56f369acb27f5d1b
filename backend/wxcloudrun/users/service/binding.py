"""One more way in to the account of somebody who is logged in: an address with a password."""

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, Unauthorized, WrongValue
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.users import queries
from wxcloudrun.users.events import EMAIL_BOUND
from wxcloudrun.users.models import User
from wxcloudrun.users.queries import UserView
from wxcloudrun.users.rules import check_password
from wxcloudrun.users.service.guessing import attempt_at
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.users.service.users import refuse_taken


class EmailBindingService:
    """Binds addresses. What belongs to one account is never taken over by another: there is no merging."""

    def __init__(self, *, passwords: Passwords, guard: LoginGuard) -> None:
        self._passwords = passwords
        self._guard = guard

    def bind_email(self, actor: Actor, email: str, password: str) -> UserView:
        """Give the account this address and, if it has no password, this one.

        An account that has a password keeps it, and it has to be the one that is given. Raises Conflict
        if the address belongs to another account, Invalid for a password that cannot be one, Forbidden
        for a wrong one and for an API key, ProofNeeded, TooManyRequests.
        """
        user_id = actor.require_proof()
        with reading() as session:
            user = the_user(queries.person(session, user_id))
        stored, username = user.password_hash, user.username
        if stored is None:
            fresh_hash = self._passwords.hash_new(acceptable(password), email, username)
        else:
            fresh_hash = stored
            self._verify(actor, user, stored, password)

        def work(tx: Transaction) -> UserView:
            user = the_user(queries.lock_person(tx.session, user_id))
            if user.password_hash != stored:
                raise Conflict(text("the password was changed meanwhile; try again"))
            if user.email != email:
                refuse_taken(tx, email)
            before = {"email": user.email, "has_password": stored is not None}
            user.email, user.password_hash = email, fresh_hash
            after = {"email": email, "has_password": True}
            if after != before:
                announce(tx, actor, EMAIL_BOUND, Subject(f"user/{user_id}"), before=before, after=after)
            tx.session.flush()
            return queries.user_view(user)

        return atomically(work)

    def _verify(self, actor: Actor, user: User, stored: str, password: str) -> None:
        with self._passwords.turn(), attempt_at(self._guard, actor, user) as attempt:
            attempt.succeeded = self._passwords.verify(stored, password)
        if not attempt.succeeded:
            raise Forbidden(text("this account has a password, and it is not this one"))


def the_user(user: User | None) -> User:
    """Return the user. Raises Unauthorized if they were deleted this very moment."""
    if user is None:
        raise Unauthorized(text("log in"))
    return user


def acceptable(password: str) -> str:
    """Return a new password. Raises Invalid that says what one must be."""
    try:
        return check_password(password)
    except WrongValue as error:
        raise Invalid.field("password", error.message) from None
