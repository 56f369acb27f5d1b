"""Whether the code is good that somebody brings: asked in the transaction that lets them in."""

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.second_factors import queries
from wxcloudrun.second_factors.events import RECOVERY_CODE_USED
from wxcloudrun.second_factors.rules import SecondFactorCode, step_of
from wxcloudrun.second_factors.service.secrets import FactorSecrets
from wxcloudrun.users.reads import User


class SecondFactorCodes:
    """Takes codes, each of them once."""

    def __init__(self, *, secrets: FactorSecrets) -> None:
        self._secrets = secrets

    def admit(self, tx: Transaction, actor: Actor, user: User, code: SecondFactorCode) -> bool:
        """Tell whether somebody may come in, and use their code up; `user` is locked.

        Who has no second factor needs none.
        """
        if user.second_factor_at is None:
            return True
        if code.totp is not None:
            return self.take(tx, user.id, code.totp)
        return code.recovery_code is not None and self._recover(tx, actor, user.id, code.recovery_code)

    def take(self, tx: Transaction, user_id: int, code: str) -> bool:
        """Use a code of somebody's program up; False if it is wrong, or was used, or is too old."""
        row = queries.lock_second_factor(tx.session, user_id)
        secret = None if row is None else self._secrets.unseal(row.sealed_secret)
        if row is None or secret is None:
            return False
        step = step_of(secret, code, clock.now(), row.last_step)
        if step is None:
            return False
        row.last_step = step
        row.sealed_secret = self._secrets.seal(secret)  # with the newest key of the server
        return True

    def _recover(self, tx: Transaction, actor: Actor, user_id: int, code: str) -> bool:
        kept = self._secrets.all_of_recovery_code(user_id, code)
        if not queries.use_recovery_code(tx.session, user_id, kept):
            return False
        left = {"left": queries.count_recovery_codes(tx.session, user_id)}
        announce(tx, actor, RECOVERY_CODE_USED, Subject(f"user/{user_id}"), after=left)
        return True
