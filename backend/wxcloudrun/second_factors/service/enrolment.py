"""Setting a second factor up, in two steps, and doing without it again."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Invalid, NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.second_factors import queries
from wxcloudrun.second_factors.events import (
    RECOVERY_CODES_MADE,
    SECOND_FACTOR_DISABLED,
    SECOND_FACTOR_ENABLED,
)
from wxcloudrun.second_factors.models import RecoveryCode, SecondFactor
from wxcloudrun.second_factors.rules import RECOVERY_CODES, address_of, new_recovery_code, new_secret
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.users.reads import User, lock_person, person
from wxcloudrun.users.service.binding import the_user


@dataclass(frozen=True, slots=True)
class FactorView:
    """Whether somebody has a second factor, and how often they may lose it."""

    enabled_at: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A second factor that is good once a code of it has come; this is the only time that it is shown."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class EnrolmentService:
    """Gives people second factors. That they have proved who they are, each method asks first."""

    def __init__(self, *, secrets: FactorSecrets, codes: SecondFactorCodes, issuer: str) -> None:
        self._secrets = secrets
        self._codes = codes
        self._issuer = issuer

    def show(self, actor: Actor) -> FactorView:
        """Show whether the caller has one. Raises Unauthorized, Forbidden for an API key."""
        user_id = actor.require_login()
        with reading() as session:
            return view(session, the_user(person(session, user_id)))

    def offer(self, actor: Actor) -> Offered:
        """Make a secret for the caller, in the place of one that was never confirmed.

        Raises ProofNeeded, and Conflict for somebody who has a second factor.
        """
        user_id, secret = actor.require_proof(), new_secret()

        def work(tx: Transaction) -> str:
            user = the_user(lock_person(tx.session, user_id))
            if user.second_factor_at is not None:
                raise Conflict(text("this account has a second factor; remove it first"))
            queries.forget_second_factor(tx.session, user_id)
            sealed = self._secrets.seal(secret)
            tx.session.add(SecondFactor(user_id=user_id, sealed_secret=sealed, created_at=clock.now()))
            return user.email or user.username

        account = atomically(work)
        return Offered(secret, address_of(secret, account=account, issuer=self._issuer))

    def confirm(self, actor: Actor, code: str) -> list[str]:
        """Ask for the second factor from now on, as the code shows that the caller has it.

        Returns the recovery codes. Raises ProofNeeded, Invalid for a wrong code, Conflict for somebody who
        has a second factor already or was offered none.
        """
        user_id = actor.require_proof()

        def work(tx: Transaction) -> list[str]:
            user = the_user(lock_person(tx.session, user_id))
            if user.second_factor_at is not None or queries.lock_second_factor(tx.session, user_id) is None:
                raise Conflict(text("there is no second factor that waits for its first code"))
            if not self._codes.take(tx, user_id, code):
                raise Invalid.field("totp", text("this code is wrong or too old; wait for the next one"))
            user.second_factor_at = clock.now()
            announce(tx, actor, SECOND_FACTOR_ENABLED, Subject(f"user/{user_id}"))
            return self._new_codes(tx, user_id)

        return atomically(work)

    def renew_codes(self, actor: Actor) -> list[str]:
        """Give the caller new recovery codes; the old ones are good no more. Raises ProofNeeded, NotFound."""
        user_id = actor.require_proof()

        def work(tx: Transaction) -> list[str]:
            require_factor(the_user(lock_person(tx.session, user_id)))
            queries.forget_recovery_codes(tx.session, user_id)
            announce(tx, actor, RECOVERY_CODES_MADE, Subject(f"user/{user_id}"))
            return self._new_codes(tx, user_id)

        return atomically(work)

    def remove(self, actor: Actor) -> None:
        """Do without a second factor from now on. Raises ProofNeeded, NotFound."""
        user_id = actor.require_proof()

        def work(tx: Transaction) -> None:
            user = the_user(lock_person(tx.session, user_id))
            require_factor(user)
            announce(tx, actor, SECOND_FACTOR_DISABLED, Subject(f"user/{user_id}"))
            forget(tx.session, user)

        atomically(work)

    def _new_codes(self, tx: Transaction, user_id: int) -> list[str]:
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        for code in codes:
            kept = self._secrets.of_recovery_code(user_id, code)
            tx.session.add(RecoveryCode(code_hash=kept.value, user_id=user_id, hashed_with=kept.key_name))
        tx.session.flush()
        return codes


def view(session: Session, user: User) -> FactorView:
    """Return whether somebody has a second factor."""
    return FactorView(user.second_factor_at, queries.count_recovery_codes(session, user.id))


def forget(session: Session, user: User) -> bool:
    """Take the second factor from somebody, who is locked; False if they had none."""
    had = user.second_factor_at is not None
    queries.forget_second_factor(session, user.id)
    user.second_factor_at = None
    return had


def require_factor(user: User) -> None:
    """Raise NotFound unless somebody has a second factor."""
    if user.second_factor_at is None:
        raise NotFound(text("this account has no second factor"))
