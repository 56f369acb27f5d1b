"""Proving once more who is there, in a session that goes on: before a way in changes."""

from collections.abc import Callable

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.sessions import queries
from wxcloudrun.sessions.events import SESSION_PROVED
from wxcloudrun.sessions.service.second_step import second_step
from wxcloudrun.users.reads import User, lock_person, person
from wxcloudrun.users.service.binding import the_user
from wxcloudrun.users.service.guessing import attempt_at
from wxcloudrun.users.service.passwords import Passwords


class ProofService:
    """Notes in a session that its person is there. A refresh does not; no key can."""

    def __init__(self, *, passwords: Passwords, guard: LoginGuard, codes: SecondFactorCodes) -> None:
        self._passwords = passwords
        self._guard = guard
        self._codes = codes

    def prove_by_password(self, actor: Actor, password: str, code: SecondFactorCode) -> None:
        """Prove by the password, and the second factor of somebody who has one.

        Raises Unauthorized for a wrong password, after the same time if there is none; SecondFactorNeeded;
        TooManyRequests; Forbidden for an API key.
        """
        user = self.user_of(actor)
        stored = user.password_hash
        with self._passwords.turn(), attempt_at(self._guard, actor, user) as attempt:
            attempt.succeeded = self._passwords.verify(stored, password) and stored is not None
        if not attempt.succeeded:
            raise Unauthorized(text("the password is wrong"))
        self.prove(actor, user, code, way="password", admits=lambda _, now: now.password_hash == stored)

    def prove(
        self,
        actor: Actor,
        user: User,
        code: SecondFactorCode,
        *,
        way: str,
        admits: Callable[[Transaction, User], bool],
    ) -> None:
        """Note the proof of somebody whose first factor was right; `admits` sees them as they are then.

        Raises SecondFactorNeeded, TooManyRequests, and Unauthorized if the session has ended meanwhile.
        """

        def work(tx: Transaction) -> bool:
            row = lock_person(tx.session, user.id)
            if row is None or not admits(tx, row) or not self._codes.admit(tx, actor, row, code):
                return False
            if not queries.note_proof(tx.session, actor.session_id or "", clock.now()):
                return False
            announce(tx, actor, SESSION_PROVED, Subject(f"user/{user.id}"), after={"way": way})
            return True

        with second_step(self._guard, actor, user, code) as step:
            step.succeeded = atomically(work)
        if not step.succeeded:
            raise Unauthorized(text("the session has ended; log in again"))

    def user_of(self, actor: Actor) -> User:
        """Return who is logged in. Raises Unauthorized, and Forbidden for what is no login."""
        user_id = actor.require_login()
        if actor.session_id is None:
            raise Forbidden(text("only a login can be proved"))
        with reading() as session:
            return the_user(person(session, user_id))
