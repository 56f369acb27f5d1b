"""Every SELECT of adoption."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, literal, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Artifact, reference_tables
from wxcloudrun.versions.reads import VersionFile

SOME = 500  # references read at a time


@dataclass(frozen=True, slots=True)
class Holding:
    """Bytes that a package holds, and their provenance."""

    id: int
    filename: str | None
    artifact_id: str
    object_key: str
    size_bytes: int
    content_type: str | None
    deposited_at: datetime | None
    deposited_by: int | None
    is_file: bool  # of a version; not a tag, and no upload that made neither


def holdings(session: Session, table: Table, package_id: int, after: int) -> Sequence[Holding]:
    """Return the next references of a package in one of the `reference_tables`."""
    is_file = table is VersionFile.__table__
    statement = (
        select(
            table.c.id,
            table.c.filename if is_file else table.c.original_name,
            Artifact.id,
            Artifact.object_key,
            Artifact.size_bytes,
            table.c.content_type,
            table.c.deposited_at,
            table.c.deposited_by,
            literal(is_file),
        )
        .join(Artifact, Artifact.id == table.c.artifact_id)
        .where(table.c.package_id == package_id, table.c.id > after)
        .order_by(table.c.id)
        .limit(SOME)
    )
    return [Holding(*row) for row in session.execute(statement)]


def holding_tables() -> Sequence[Table]:
    """Return the tables of references, first the one that knows most of each."""
    return sorted(reference_tables(), key=lambda table: table is not VersionFile.__table__)
