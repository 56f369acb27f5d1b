"""Every SELECT behind a reference: one statement for an exact one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, literal, null, select, union_all
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.downloads.rules import Target
from wxcloudrun.kit.names import is_sha256, is_tag
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Project
from wxcloudrun.projects.queries import visible_to
from wxcloudrun.tags.models import Tag
from wxcloudrun.versions.models import Status, Version

MAX_HOLDERS = 100


@dataclass(frozen=True, slots=True)
class Holder:
    """A tag or version that points at an artifact."""

    project: str
    package: str
    name: str


def by_tag(session: Session, package_id: int, name: str) -> Target | None:
    """Return what a tag points at."""
    return first(session, tag_targets(package_id, name))


def by_version(session: Session, package_id: int, name: str) -> Target | None:
    """Return what a version is; None also while it waits for its bytes."""
    return first(session, version_targets(Version.package_id == package_id, Version.version == name))


def active(session: Session, package_id: int) -> Target | None:
    """Return the activated version."""
    is_active = Version.status == Status.ACTIVATED.value
    return first(session, version_targets(Version.package_id == package_id, is_active))


def by_artifact(session: Session, package_id: int, digest: str) -> Target | None:
    """Return an artifact if this package references it, with the oldest deposit that did."""
    return first(session, artifact_targets(package_id, digest))


def by_bare_name(session: Session, package_id: int, name: str) -> Target | None:
    """Return what a name without a prefix means: a tag, else a version, else an artifact."""
    parts = [version_targets(Version.package_id == package_id, Version.version == name)]
    if is_tag(name):
        parts.append(tag_targets(package_id, name))
    if is_sha256(name):
        parts.append(artifact_targets(package_id, name))
    return first(session, *parts)


def tag_targets(package_id: int, name: str) -> Select[*tuple[Any, ...]]:
    """Select a tag's bytes."""
    return targets(Tag.__table__, rank=1, tag=Tag.name, version=null()).where(  # type: ignore[arg-type]  # a declarative table
        Tag.package_id == package_id, Tag.name == name
    )


def version_targets(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Select a version's bytes."""
    return targets(Version.__table__, rank=2, tag=null(), version=Version.version).where(*conditions)  # type: ignore[arg-type]  # a declarative table


def artifact_targets(package_id: int, digest: str) -> Select[*tuple[Any, ...]]:
    """Select an artifact through every kind of reference that this package may have to it."""
    parts = [
        targets(table, rank=3, tag=null(), version=null()).where(
            table.c.package_id == package_id, table.c.artifact_id == digest
        )
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    return select(*found.c)


def targets(
    table: Table, *, rank: int, tag: ColumnElement[Any], version: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    """Select the bytes behind the references in one table."""
    return select(
        literal(rank).label("rank"),
        Artifact.id.label("artifact_id"),
        Artifact.size_bytes,
        Artifact.md5,
        Artifact.sha1,
        Artifact.object_key,
        table.c.original_name,
        table.c.content_type,
        table.c.deposited_at,
        tag.label("tag"),
        version.label("version"),
    ).join_from(table, Artifact, Artifact.id == table.c.artifact_id)


def first(session: Session, *parts: Select[*tuple[Any, ...]]) -> Target | None:
    """Run the parts as one statement and return the best row."""
    found = union_all(*parts).subquery()
    row = session.execute(
        select(*found.c).order_by(found.c.rank, found.c.deposited_at, found.c.original_name).limit(1)
    ).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    del values["rank"]
    return Target(**values)


def artifact(session: Session, digest: str) -> Artifact | None:
    """Return the row of an artifact."""
    return session.execute(select(Artifact).where(Artifact.id == digest)).scalar_one_or_none()


def tags_on(session: Session, actor: Actor, digest: str) -> list[Holder]:
    """Return tags that point at an artifact and that the caller may see, 100 at most."""
    return holders(session, actor, select(Tag.package_id, Tag.name).where(Tag.artifact_id == digest))


def versions_on(session: Session, actor: Actor, digest: str) -> list[Holder]:
    """Return versions that are an artifact and that the caller may see, 100 at most."""
    named = select(Version.package_id, Version.version.label("name")).where(Version.artifact_id == digest)
    return holders(session, actor, named)


def holders(session: Session, actor: Actor, named: Select[int, str]) -> list[Holder]:
    """Add project and package to names, keeping those that the caller may see."""
    found = named.subquery()
    statement = (
        select(Project.name.label("project"), Package.name.label("package"), found.c.name)
        .join(Package, Package.id == found.c.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(visible_to(actor))
        .order_by(Project.name, Package.name, found.c.name)
        .limit(MAX_HOLDERS)
    )
    return [Holder(row.project, row.package, row.name) for row in session.execute(statement)]
