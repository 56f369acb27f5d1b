"""Every SELECT on second factors and recovery codes, and the statements that remove them."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from wxcloudrun.second_factors.models import RecoveryCode, SecondFactor


def lock_second_factor(session: Session, user_id: int) -> SecondFactor | None:
    """Return the second factor of a user for a change: a code is good once."""
    statement = select(SecondFactor).where(SecondFactor.user_id == user_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def lock_some(session: Session, *, after_id: int, limit: int) -> Sequence[SecondFactor]:
    """Return second factors of users behind `after_id`, for a change of how they are sealed."""
    statement = select(SecondFactor).where(SecondFactor.user_id > after_id).order_by(SecondFactor.user_id)
    return session.execute(statement.limit(limit).with_for_update()).scalars().all()


def sealed_secrets(session: Session, *, after_id: int, limit: int) -> Mapping[int, str]:
    """Return what is stored of the secrets of users behind `after_id`, in the order of their ids."""
    statement = select(SecondFactor.user_id, SecondFactor.sealed_secret)
    some = statement.where(SecondFactor.user_id > after_id).order_by(SecondFactor.user_id).limit(limit)
    return {row.user_id: row.sealed_secret for row in session.execute(some)}


def count_recovery_codes(session: Session, user_id: int) -> int:
    """Return how many recovery codes somebody has left."""
    statement = select(func.count()).where(RecoveryCode.user_id == user_id)
    return session.execute(statement).scalar_one()


def use_recovery_code(session: Session, user_id: int, hashes: Sequence[str]) -> bool:
    """Use a recovery code up, of which one of `hashes` is stored; False if there is none of this user's."""
    used = session.execute(
        delete(RecoveryCode).where(RecoveryCode.code_hash.in_(hashes), RecoveryCode.user_id == user_id)
    )
    return cast("CursorResult[Any]", used).rowcount == 1


def forget_recovery_codes(session: Session, user_id: int) -> None:
    """Let all of somebody's recovery codes be good no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def forget_second_factor(session: Session, user_id: int) -> None:
    """Remove the second factor of a user, with its recovery codes."""
    forget_recovery_codes(session, user_id)
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
