"""What the check of rows against objects asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, and_, exists, func, literal, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.kit.windows import windows

SOME = 5000  # rows that a statement reads


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact row as maintenance sees it: which object holds its bytes."""

    artifact_id: str
    object_key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reference whose artifact has no row: something that foreign keys forbid."""

    table: str
    row_id: int
    package_id: int
    artifact_id: str


def artifacts_in_shard(session: Session, shard: str) -> Iterator[StoredArtifact]:
    """Yield the artifacts whose objects lie in one shard of the store, by the keys of those."""
    rows = select(Artifact.id, Artifact.object_key, Artifact.size_bytes).order_by(Artifact.object_key)
    after = shard
    while some := session.execute(rows.where(behind(after, shard)).limit(SOME)).all():
        after = some[-1].object_key
        yield from (StoredArtifact(*row) for row in some)


def behind(key: str, shard: str) -> ColumnElement[bool]:
    """Return the condition for artifacts of a shard whose objects come after that key."""
    return and_(Artifact.object_key > key, Artifact.object_key.startswith(shard))


def artifact_holding(session: Session, key: str) -> str | None:
    """Return the id of the artifact whose bytes this object holds."""
    return session.execute(select(Artifact.id).where(Artifact.object_key == key)).scalar_one_or_none()


def dangling_references(session: Session, limit: int) -> list[Dangling]:
    """Return references to artifacts that do not exist, of each table so many at most."""
    found: list[Dangling] = []
    for table in reference_tables():
        is_there = exists().where(Artifact.id == table.c.artifact_id)
        statement = select(literal(table.name), table.c.id, table.c.package_id, table.c.artifact_id)
        lost = statement.where(table.c.artifact_id.is_not(None), ~is_there).order_by(table.c.id)
        rows = (row for window in windows(session, table.c.id) for row in session.execute(lost.where(window)))
        found += [Dangling(*row) for row in islice(rows, limit)]
    return found


def count_references(session: Session) -> int:
    """Count everything that keeps an artifact alive."""
    return sum(
        session.execute(select(func.count(table.c.artifact_id)).where(window)).scalar_one()
        for table in reference_tables()
        for window in windows(session, table.c.id)
    )
