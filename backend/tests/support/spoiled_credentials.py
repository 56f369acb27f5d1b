"""Ways in which a credential that was good stops being so."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from tests.support.builders import Person
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.users.models import User


def expire(person: Person) -> None:
    """Let somebody's keys expire."""
    past = clock.now() - timedelta(seconds=1)
    change(update(ApiKey).where(ApiKey.user_id == person.id).values(expires_at=past))


def revoke(person: Person) -> None:
    """Revoke somebody's keys."""
    change(update(ApiKey).where(ApiKey.user_id == person.id).values(revoked_at=clock.now()))


def deactivate(person: Person) -> None:
    """Deactivate somebody."""
    change(update(User).where(User.id == person.id).values(is_active=False))


def change(statement: Any) -> None:
    """Carry out one statement."""
    with transaction() as tx:
        tx.session.execute(statement)
