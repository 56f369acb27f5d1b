"""Every SELECT on artifacts, leases and references."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, func, literal, select, union_all
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.artifacts.models import Artifact, Lease, Provenance
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Project
from wxcloudrun.projects.queries import visible_to


@dataclass(frozen=True, slots=True)
class SeenReference:
    """The oldest deposit of an artifact that a caller may see, and how many references they may see."""

    provenance: Provenance
    depositor: str | None
    ref_count: int


def artifact(session: Session, digest: str) -> Artifact | None:
    """Return the artifact; in a write transaction it cannot be collected before the commit."""
    statement = select(Artifact).where(Artifact.id == digest).with_for_update(read=True)
    return session.execute(statement).scalar_one_or_none()


def object_key(session: Session, digest: str) -> str | None:
    """Return under which key these bytes should lie, None if nobody has put them in."""
    return session.execute(select(Artifact.object_key).where(Artifact.id == digest)).scalar_one_or_none()


def lease(session: Session, key: str) -> Lease | None:
    """Return a lease for renewal or its end."""
    return session.execute(
        select(Lease).where(Lease.object_key == key).with_for_update()
    ).scalar_one_or_none()


def reference_tables() -> Iterable[Table]:
    """Return every table that keeps artifacts alive: those with a foreign key to them."""
    target = Artifact.__table__
    for table in Base.metadata.sorted_tables:
        if any(key.column.table is target for key in table.foreign_keys):
            yield table


def visible_references(actor: Actor, digest: str) -> Select[*tuple[Any, ...]]:
    """Select every reference to an artifact that the caller may see."""
    parts = [
        select(
            table.c.package_id,
            table.c.original_name,
            table.c.content_type,
            table.c.deposited_at,
            table.c.deposited_by,
            literal(table.name).label("kind"),
        ).where(table.c.artifact_id == digest)
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    return (
        select(*found.c, Project.name.label("project"), Package.name.label("package"))
        .join(Package, Package.id == found.c.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(visible_to(actor))
    )


def provenance_in(session: Session, package_id: int, digest: str) -> Provenance | None:
    """Return the oldest deposit behind the references that a package has to an artifact."""
    parts = [
        select(table.c.original_name, table.c.content_type, table.c.deposited_at, table.c.deposited_by).where(
            table.c.package_id == package_id, table.c.artifact_id == digest
        )
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    statement = select(*found.c).order_by(found.c.deposited_at, found.c.original_name).limit(1)
    row = session.execute(statement).one_or_none()
    return None if row is None else Provenance(*row)


def seen_reference(session: Session, actor: Actor, digest: str) -> SeenReference | None:
    """Return what the caller may know about an artifact, None if they may not know that it exists.

    The facts are those of the oldest deposit.
    """
    found = visible_references(actor, digest).subquery()
    statement = (
        select(
            found.c.original_name,
            found.c.content_type,
            found.c.deposited_at,
            found.c.deposited_by,
            User.username,
            func.count().over().label("ref_count"),
        )
        .outerjoin(User, User.id == found.c.deposited_by)
        .order_by(found.c.deposited_at, found.c.original_name)
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    provenance = Provenance(row.original_name, row.content_type, row.deposited_at, row.deposited_by)
    return SeenReference(provenance, row.username, row.ref_count)


def ref_count(session: Session, actor: Actor, digest: str) -> int:
    """Count the references that the caller may see: counted each time, so it cannot drift."""
    found = visible_references(actor, digest).subquery()
    return session.execute(select(func.count()).select_from(found)).scalar_one()
