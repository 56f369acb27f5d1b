"""The door that opens to a password, and the second factor of who has one, whatever lies behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wxcloudrun.attempts.service import LoginGuard, note_address
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, reading
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.security import Actor
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.sessions.service.second_step import second_step
from wxcloudrun.users.reads import User, lock_person, person_called, user_by_email
from wxcloudrun.users.rules import canonical_email, check_called
from wxcloudrun.users.service.guessing import account_name, account_of
from wxcloudrun.users.service.passwords import Passwords


@dataclass(frozen=True, slots=True)
class SomebodyAtTheDoor:
    """Who somebody says they are: whom that names, if anybody, and where their failures are counted."""

    account: str
    user: User | None


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody whose password fitted the hash that was read."""

    user_id: int
    password_hash: str = field(repr=False)
    fresh_hash: str | None = field(repr=False)

    def is_still(self, user: User) -> bool:
        """Tell whether it still is their password, and let them have its fresh hash.

        It may have been changed while the old one was being verified.
        """
        if user.password_hash != self.password_hash:
            return False
        if self.fresh_hash is not None:
            user.password_hash = self.fresh_hash
        return True


class PasswordDoor:
    """Tries passwords, one turn after the other, each as often as the limits of logins allow."""

    def __init__(self, *, passwords: Passwords, guard: LoginGuard, codes: SecondFactorCodes) -> None:
        self._passwords = passwords
        self._guard = guard
        self._codes = codes

    def let_in[T](
        self,
        actor: Actor,
        who: SomebodyAtTheDoor,
        password: str,
        code: SecondFactorCode,
        enter: Callable[[Verified], T | None],
    ) -> T | None:
        """Let somebody in whose password is right: return what `enter` returns, None if they may not come.

        It takes the same time whether there is nobody of that name, the password is wrong or the user is not
        active. `enter` looks once more, in its own transaction, and admits the `code`. Raises
        SecondFactorNeeded for the right password of somebody who has one; TooManyRequests.
        """
        user = who.user
        user_id, since = (None, None) if user is None else (user.id, user.logins_ended_at)
        # A try is counted when its turn has come: the right passwords that wait are no failures.
        with (
            self._passwords.turn(),
            self._guard.attempt(actor, who.account, user_id=user_id, devices_since=since) as attempt,
        ):
            verified = self._verify(user, password)
            attempt.succeeded = verified is not None
        if user is None or verified is None:
            return None
        with second_step(self._guard, actor, user, code) as step:
            entered = enter(verified)
            step.succeeded = entered is not None
        return entered

    def admitted(
        self, tx: Transaction, actor: Actor, verified: Verified, code: SecondFactorCode
    ) -> User | None:
        """Return who is let in, held to the end, and use their code up; None if they may not come in now.

        From where they came is remembered, as of every login.
        """
        user = lock_person(tx.session, verified.user_id)
        if user is None or not user.is_active or not verified.is_still(user):
            return None
        if not self._codes.admit(tx, actor, user, code):
            return None
        note_address(tx, user.id, self._guard.network_of(actor), clock.now())
        return user

    def _verify(self, user: User | None, password: str) -> Verified | None:
        stored = None if user is None else user.password_hash
        fits = self._passwords.verify(stored, password)
        if user is None or stored is None or not fits or not user.is_active:
            return None
        fresh_hash = self._passwords.hash(password) if self._passwords.is_outdated(stored) else None
        return Verified(user.id, stored, fresh_hash)


def with_address(email: str) -> SomebodyAtTheDoor:
    """Return who has this e-mail address."""
    account = account_name(email)
    try:
        canonical = canonical_email(email)
    except ValueError:
        return SomebodyAtTheDoor(account, None)
    with reading() as session:
        return SomebodyAtTheDoor(account, user_by_email(session, canonical))


def with_name(called: str) -> SomebodyAtTheDoor:
    """Return who has this user name or e-mail address; failures by both are counted as one account's."""
    try:
        canonical = check_called(called)
    except WrongValue:
        return SomebodyAtTheDoor(account_name(called), None)
    with reading() as session:
        user = person_called(session, canonical)
    return SomebodyAtTheDoor(account_name(called) if user is None else account_of(user), user)
