"""Under which name failures at an account are counted: one, whichever door it is that somebody guesses at."""

from contextlib import AbstractContextManager

from wxcloudrun.attempts.service import Attempt, LoginGuard
from wxcloudrun.kit.security import Actor
from wxcloudrun.users.models import User
from wxcloudrun.users.rules import canonical_email


def attempt_at(guard: LoginGuard, actor: Actor, user: User) -> AbstractContextManager[Attempt]:
    """Let one try at somebody's password or code happen inside the block, counted as a login with it is.

    Raises TooManyRequests.
    """
    return guard.attempt(actor, account_of(user), user_id=user.id, devices_since=user.logins_ended_at)


def account_of(user: User) -> str:
    """Return under which name failures at an account are counted: the one that logins with a password use."""
    return f"#{user.id}" if user.email is None else account_name(user.email)


def account_name(email: str) -> str:
    """Return under which name failures at this address are counted, whether anybody has it or not."""
    try:
        return canonical_email(email)
    except ValueError:
        return email.strip().lower()
