"""The SELECTs behind the figures of what is stored."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from wxcloudrun.artifacts.reads import Artifact, Lease, PendingDeletion
from wxcloudrun.kit.windows import windows


@dataclass(frozen=True, slots=True)
class StorageFigures:
    """What is stored, what is being written, and what waits to be deleted."""

    artifacts: int
    bytes: int
    leases: int
    pending_deletions: int


def storage(session: Session) -> StorageFigures:
    """Count."""
    artifacts = size_bytes = 0
    added_up = select(func.count(), func.coalesce(func.sum(Artifact.size_bytes), 0))
    for window in windows(session, Artifact.id):
        count, size = session.execute(added_up.where(window)).one()
        artifacts, size_bytes = artifacts + count, size_bytes + int(size)  # MySQL adds up to decimals
    leases, pending = (count_rows(session, table.object_key) for table in (Lease, PendingDeletion))
    return StorageFigures(artifacts, size_bytes, leases, pending)


def count_rows(session: Session, key: InstrumentedAttribute[str]) -> int:
    """Count the rows of the table that has this key."""
    counted = select(func.count(key))
    return sum(session.execute(counted.where(window)).scalar_one() for window in windows(session, key))
