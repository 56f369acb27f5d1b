"""The SELECT behind the figures of what is stored."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact, Lease, PendingDeletion


@dataclass(frozen=True, slots=True)
class StorageFigures:
    """What is stored, what is being written, and what waits to be deleted."""

    artifacts: int
    bytes: int
    leases: int
    pending_deletions: int


def storage(session: Session) -> StorageFigures:
    """Count with one statement."""
    leases = select(func.count()).select_from(Lease).scalar_subquery()
    pending = select(func.count()).select_from(PendingDeletion).scalar_subquery()
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(Artifact.size_bytes), 0), leases, pending).select_from(
            Artifact
        )
    ).one()
    return StorageFigures(*(int(number) for number in row))  # MySQL adds up to decimals
