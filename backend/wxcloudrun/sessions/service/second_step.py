"""The second step of a login and of a proof: the code of the second factor, behind the password or WeChat."""

from collections.abc import Iterator
from contextlib import contextmanager

from wxcloudrun.attempts.service import Attempt, LoginGuard
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.second_factors.errors import SecondFactorNeeded
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.users.reads import User
from wxcloudrun.users.service.guessing import attempt_at


@contextmanager
def second_step(guard: LoginGuard, actor: Actor, user: User, code: SecondFactorCode) -> Iterator[Attempt]:
    """Let somebody in inside the block whose first factor was right; it says whether that succeeded.

    Raises SecondFactorNeeded if they have a second factor and bring no code of it, and behind the block if it
    was a wrong one, which counts as a failed login; TooManyRequests.
    """
    if user.second_factor_at is None:
        yield Attempt()
        return
    if not code.is_given:
        raise SecondFactorNeeded(
            text("this account has a second factor: send its code as totp, or a recovery_code")
        )
    with attempt_at(guard, actor, user) as attempt:
        yield attempt
    if not attempt.succeeded and code.totp is None:
        raise SecondFactorNeeded(text("this recovery code is wrong or was used"))
    if not attempt.succeeded:
        raise SecondFactorNeeded(text("this code is wrong or was used; wait for the next one"))
