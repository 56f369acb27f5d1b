"""Many versions put straight into the database, since uploading a million takes hours.

The database makes the rows itself, from the packages and a list of numbers: sent to it one by one they
take most of the time.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    cast,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
)
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.metadata import BLUEPRINTS  # noqa: F401  # brings every table in
from wxcloudrun.packages.models import Package, RememberedName
from wxcloudrun.projects.models import Project
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import Version, VersionFile

from benchmarks.contenders.service import PROJECT, RegistryService

MOST_VERSIONS = 100_000  # of one package
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def versions(service: RegistryService, wanted: Sequence[tuple[str, int]]) -> None:
    """Give packages, which are made, so many versions with artifacts and deposits. They have no bytes."""
    engine = create_engine(database_url(service))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", teach_digests)
    with engine.begin() as connection:
        relax(engine, connection)
        project_id = connection.scalar(select(Project.id).where(Project.name == PROJECT))
        first = (connection.scalar(select(func.max(Package.id))) or 0) + 1
        known = remember(connection, [name for name, _ in wanted])
        row = {"project_id": project_id, "description": "", "created_at": WHEN}
        packages = [
            {**row, "id": number, "name": name, "name_id": known[name]}
            for number, (name, _) in enumerate(wanted, first)
        ]
        connection.execute(insert(Package), packages)
        for count in dict.fromkeys(count for _, count in wanted):
            numbers = [number for number, (_, each) in enumerate(wanted, first) if each == count]
            write(connection, numbers, count)
    if engine.dialect.name == "mysql":
        # It does this by itself some seconds later; until then its plans are those for empty tables.
        names = ", ".join(each.__tablename__ for each in (Package, Artifact, Version, VersionFile, Upload))
        with engine.connect() as connection:
            connection.exec_driver_sql(f"ANALYZE TABLE {names}")
    engine.dispose()


def remember(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Remember the names of packages; return the id of each."""
    connection.execute(insert(RememberedName), [{"project": PROJECT, "package": name} for name in names])
    statement = select(RememberedName.package, RememberedName.id).where(RememberedName.project == PROJECT)
    return {row.package: row.id for row in connection.execute(statement)}


def database_url(service: RegistryService) -> str:
    """Return the database of an instance."""
    given = service.environ.get("DATABASE_URL")
    return given or f"sqlite:///{service.environ['DATA_DIR']}/registry.db"


def relax(engine: Engine, connection: Connection) -> None:
    """Leave checks out for this connection: what is written here is right by construction."""
    if engine.dialect.name == "mysql":
        connection.exec_driver_sql("SET unique_checks = 0, foreign_key_checks = 0")
        connection.exec_driver_sql(f"SET cte_max_recursion_depth = {MOST_VERSIONS}")
    else:
        connection.exec_driver_sql("PRAGMA cache_size = -200000")


def teach_digests(connection: Any, _record: Any) -> None:
    """Give SQLite the function that MySQL has."""
    connection.create_function("sha2", 2, sha2, deterministic=True)


def sha2(text: str, _bits: int) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(package: int, number: int) -> str:
    """Return a digest as random as a real one, the same that the database makes."""
    return sha2(f"{package}/{number}", 256)


def version_name(number: int) -> str:
    """Return the name of a package's n-th version."""
    return f"1.{number // 10}.{number % 10}"


def write(connection: Connection, packages: Sequence[int], count: int) -> None:
    """Give each of these packages, whose numbers follow each other, `count` versions."""
    counted = select(literal(0).label("n")).cte("numbers", recursive=True)
    numbers = counted.union_all(select(counted.c.n + 1).where(counted.c.n < count - 1))
    digest = func.sha2(
        cast(Package.id, String(20)) + "/" + cast(numbers.c.n, String(20)), 256, type_=String(64)
    )
    name = literal("1.") + cast(numbers.c.n // 10, String(20)) + "." + cast(numbers.c.n % 10, String(20))
    filename = literal("bench-") + name + ".bin"
    common: dict[str, Any] = {"package_id": Package.id, "version": name, "version_source": "explicit"}
    made = {"files_count": 1, "status": "downloaded", "created_at": WHEN}
    facts = {
        "original_name": filename,
        "content_type": "application/octet-stream",
        "deposited_at": WHEN,
    }
    held = {"package_id": Package.id, "filename": filename, "artifact_id": digest, **facts}
    deposit = {"digest": digest, "size_bytes": 10_240, "deduplicated": False, "fingerprint": digest}
    # Artifacts in the order of their key: a tree that grows at its end is written once.
    fill(connection, Artifact, artifact(digest), (packages, numbers), in_order_of=digest)
    fill(connection, Version, {**common, **made}, (packages, numbers))
    own = (Version, (Version.package_id == Package.id) & (Version.version == name))
    fill(connection, VersionFile, {**held, "version_id": Version.id}, (packages, numbers), joined=own)
    fill(connection, Upload, {**common, **facts, **deposit}, (packages, numbers))


def artifact(digest: ColumnElement[str]) -> dict[str, Any]:
    """Return the columns of bytes that are not there."""
    return {
        "id": digest,
        "size_bytes": 10_240,
        "md5": func.substr(digest, 1, 32),
        "sha1": func.substr(digest, 1, 40),
        "object_key": func.substr(digest, 33),
        "created_at": WHEN,
    }


def fill(
    connection: Connection,
    model: Any,
    columns: Mapping[str, Any],
    source: tuple[Sequence[int], CTE],
    in_order_of: ColumnElement[str] | None = None,
    joined: tuple[Any, ColumnElement[bool]] | None = None,
) -> None:
    """Insert a row for each package and number, and what they are `joined` to."""
    table: Table = model.__table__
    packages, numbers = source
    values = [
        (
            value
            if isinstance(value, ColumnElement | type(Package.id))
            else literal(value, table.c[name].type)
        ).label(name)
        for name, value in columns.items()
    ]
    order = numbers.c.n if in_order_of is None else in_order_of
    each = Package.__table__.join(numbers, literal(value=True))
    rows = select(*values).select_from(each if joined is None else each.join(*joined))
    rows = rows.where(Package.id.between(packages[0], packages[-1]))
    rows = rows.order_by(order) if in_order_of is not None else rows.order_by(Package.id, order)
    connection.execute(insert(table).from_select(list(columns), rows))
