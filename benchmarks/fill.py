"""Many versions put straight into the database, since uploading a million takes hours."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, select
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.metadata import BLUEPRINTS  # noqa: F401  # brings every table in
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Project
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import Version

from benchmarks.contenders.service import PROJECT, Service

BATCH = 10_000
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def versions(service: Service, wanted: Sequence[tuple[str, int]]) -> None:
    """Give packages, which are made, so many versions with artifacts and deposits. They have no bytes."""
    engine = create_engine(database_url(service))
    with engine.begin() as connection:
        relax(engine, connection)
        project_id = connection.scalar(select(Project.id).where(Project.name == PROJECT))
        first = (connection.scalar(select(func.max(Package.id))) or 0) + 1
        write(
            connection,
            Package,
            (
                {"id": number, "project_id": project_id, "name": name, "description": "", "created_at": WHEN}
                for number, (name, _) in enumerate(wanted, first)
            ),
        )
        counts = [(number, count) for number, (_, count) in enumerate(wanted, first)]
        digests = [digest_of(number, each) for number, count in counts for each in range(count)]
        # In the order of the key: a tree that grows at its end is written once.
        write(connection, Artifact, (artifact(digest) for digest in sorted(digests)))
        write(connection, Version, references(counts, "version"))
        write(connection, Upload, references(counts, "upload"))
    engine.dispose()


def database_url(service: Service) -> str:
    """Return the database of an instance."""
    given = service.environ.get("DATABASE_URL")
    return given or f"sqlite:///{service.environ['DATA_DIR']}/registry.db"


def relax(engine: Engine, connection: Connection) -> None:
    """Leave checks out for this connection: what is written here is right by construction."""
    if engine.dialect.name == "mysql":
        connection.exec_driver_sql("SET unique_checks = 0, foreign_key_checks = 0")
    else:
        connection.exec_driver_sql("PRAGMA cache_size = -200000")


def write(connection: Connection, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows in batches."""
    table: Table = model.__table__
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def digest_of(package: int, number: int) -> str:
    """Return a digest as random as a real one."""
    return hashlib.sha256(f"{package}/{number}".encode()).hexdigest()


def version_name(number: int) -> str:
    """Return the name of a package's n-th version."""
    return f"1.{number // 10}.{number % 10}"


def artifact(digest: str) -> dict[str, Any]:
    """Return a row for bytes that are not there."""
    return {
        "id": digest,
        "size_bytes": 10_240,
        "md5": digest[:32],
        "sha1": digest[:40],
        "object_key": digest[32:],
        "created_at": WHEN,
    }


def references(counts: Sequence[tuple[int, int]], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of versions, or of the deposits that made them."""
    for package_id, count in counts:
        for number in range(count):
            name, digest = version_name(number), digest_of(package_id, number)
            row = {
                "package_id": package_id,
                "version": name,
                "version_source": "explicit",
                "original_name": f"bench-{name}.bin",
                "content_type": "application/octet-stream",
                "deposited_at": WHEN,
            }
            if kind == "version":
                yield {**row, "artifact_id": digest, "status": "downloaded", "created_at": WHEN}
            else:
                deposit = {"digest": digest, "size_bytes": 10_240, "deduplicated": False}
                yield {**row, **deposit, "artifact_id": None, "fingerprint": digest}
