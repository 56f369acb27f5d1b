"""Every SELECT on machines that wait for a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from wxcloudrun.npm_accounts.models import NpmLogin


@dataclass(frozen=True, slots=True)
class WaitingMachine:
    """What somebody is told of a machine before they give it a key."""

    project: str
    host: str
    client: str
    address: str | None


def waiting_machine(
    session: Session, page_hashes: Sequence[str], project: str, now: datetime
) -> WaitingMachine | None:
    """Return the machine that waits behind a page."""
    statement = select(NpmLogin).where(NpmLogin.page_hash.in_(page_hashes), *is_waiting(project, now))
    row = session.execute(statement).scalar_one_or_none()
    return None if row is None else WaitingMachine(row.project, row.host, row.client, row.address)


def lock_waiting(
    session: Session, page_hashes: Sequence[str], project: str, now: datetime
) -> NpmLogin | None:
    """Return the same for a change."""
    statement = select(NpmLogin).where(NpmLogin.page_hash.in_(page_hashes), *is_waiting(project, now))
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def is_waiting(project: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on logins at a project that nobody has answered yet."""
    return (NpmLogin.project == project, NpmLogin.expires_at > now, NpmLogin.approved_by.is_(None))


def is_approved(session: Session, done_hashes: Sequence[str], project: str, now: datetime) -> bool | None:
    """Tell whether somebody has given a machine a key; None if it has no business here."""
    statement = select(NpmLogin.approved_by).where(
        NpmLogin.done_hash.in_(done_hashes), NpmLogin.project == project, NpmLogin.expires_at > now
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else row.approved_by is not None


def lock_approved(
    session: Session, done_hashes: Sequence[str], project: str, now: datetime
) -> NpmLogin | None:
    """Return the login whose key is to be handed over."""
    statement = select(NpmLogin).where(
        NpmLogin.done_hash.in_(done_hashes),
        NpmLogin.project == project,
        NpmLogin.expires_at > now,
        NpmLogin.approved_by.is_not(None),
    )
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def is_over(now: datetime) -> ColumnElement[bool]:
    """Return the condition on logins that nobody can end any more."""
    return NpmLogin.expires_at <= now
