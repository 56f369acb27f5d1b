"""Every SELECT behind a reference: one statement for an exact one."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    Table,
    bindparam,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.downloads.rules import Kind, Ref, Target
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.names import is_sha256, is_tag
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Project
from wxcloudrun.projects.queries import Sight, visible, who
from wxcloudrun.tags.models import Tag
from wxcloudrun.versions import queries as version_queries
from wxcloudrun.versions.models import Status, Version

MAX_HOLDERS = 100
CHOSEN = 9  # the rank of what was chosen, behind everything that a name means exactly


@dataclass(frozen=True, slots=True)
class Holder:
    """A tag or version that points at an artifact."""

    project: str
    package: str
    name: str


@dataclass(frozen=True, slots=True)
class Holders:
    """Who points at an artifact, as far as the caller may see it."""

    tags: list[Holder]
    versions: list[Holder]


def by_tag(reader: Reader, package_id: int, name: str) -> Target | None:
    """Return what a tag points at."""
    return first(reader, tag_targets(package_id, name))


def by_version(reader: Reader, package_id: int, name: str) -> Target | None:
    """Return what a version is; None also while it waits for its bytes."""
    row = reader.execute(exact_version(), {"package_id": package_id, "name": name}).one_or_none()
    return None if row is None else Target(*row)


@cache
def exact_version() -> Select[*tuple[Any, ...]]:
    """Select what a Target holds, in its order. Built once: it is what most downloads ask."""
    versions, artifacts = Version.__table__, Artifact.__table__
    return (
        select(
            artifacts.c.id,
            artifacts.c.size_bytes,
            artifacts.c.md5,
            artifacts.c.sha1,
            artifacts.c.object_key,
            versions.c.original_name,
            versions.c.content_type,
            versions.c.deposited_at,
            null(),
            versions.c.version,
        )
        .select_from(versions.join(artifacts, artifacts.c.id == versions.c.artifact_id))
        .where(versions.c.package_id == bindparam("package_id"), versions.c.version == bindparam("name"))
    )


def by_name(reader: Reader, package_id: int, ref: Ref) -> Target | None:
    """Return what a version is, or what a bare name means: a tag, else a version, else an artifact."""
    if ref.kind is Kind.VERSION:
        return by_version(reader, package_id, ref.value)
    return first(reader, *named_targets(package_id, ref))


def active(reader: Reader, package_id: int) -> Target | None:
    """Return the activated version."""
    is_active = Version.status == Status.ACTIVATED.value
    return first(reader, version_targets(Version.package_id == package_id, is_active))


def by_artifact(reader: Reader, package_id: int, digest: str) -> Target | None:
    """Return an artifact if this package references it, with the oldest deposit that did."""
    return first(reader, artifact_targets(package_id, digest))


@dataclass(frozen=True, slots=True)
class Looked:
    """What one statement saw: what a reference means exactly, else what was chosen for it earlier.

    `content` stands for the versions that there were at that moment.
    """

    target: Target | None
    is_exact: bool
    content: str


def exact_or_chosen(session: Session, package_id: int, ref: Ref, chosen: str | None) -> Looked:
    """Look for an exact name, for the version that was chosen the last time, and whether that still holds."""
    parts = named_targets(package_id, ref)
    if chosen is not None:
        parts.append(
            version_targets(Version.package_id == package_id, Version.version == chosen, rank=CHOSEN)
        )
    content = version_queries.content(package_id).subquery()
    found = union_all(*parts).subquery()
    row = session.execute(
        select(*content.c, *found.c)
        .select_from(content.outerjoin(found, true()))
        .order_by(found.c.rank, found.c.deposited_at, found.c.original_name)
        .limit(1)
    ).one()
    values = {column.name: getattr(row, column.name) for column in found.c}
    rank = values.pop("rank")
    target = None if rank is None else Target(**values)
    return Looked(target, rank not in (None, CHOSEN), version_queries.read_content(row))


def named_targets(package_id: int, ref: Ref) -> list[Select[*tuple[Any, ...]]]:
    """Select what a version or a bare name means exactly."""
    parts = [version_targets(Version.package_id == package_id, Version.version == ref.value)]
    if ref.kind is Kind.BARE and is_tag(ref.value):
        parts.append(tag_targets(package_id, ref.value))
    if ref.kind is Kind.BARE and is_sha256(ref.value):
        parts.append(artifact_targets(package_id, ref.value))
    return parts


def tag_targets(package_id: int, name: str) -> Select[*tuple[Any, ...]]:
    """Select a tag's bytes."""
    return targets(Tag.__table__, rank=1, tag=Tag.name, version=null()).where(  # type: ignore[arg-type]  # a declarative table
        Tag.package_id == package_id, Tag.name == name
    )


def version_targets(*conditions: ColumnElement[bool], rank: int = 2) -> Select[*tuple[Any, ...]]:
    """Select a version's bytes."""
    return targets(Version.__table__, rank=rank, tag=null(), version=Version.version).where(*conditions)  # type: ignore[arg-type]  # a declarative table


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


def first(reader: Reader, *parts: Select[*tuple[Any, ...]]) -> Target | None:
    """Run the parts as one statement and return the best row."""
    found = union_all(*parts).subquery()
    row = reader.execute(
        select(*found.c).order_by(found.c.rank, found.c.deposited_at, found.c.original_name).limit(1)
    ).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    del values["rank"]
    return Target(**values)


def holders(session: Session, actor: Actor, digest: str) -> Holders:
    """Return tags and versions that are an artifact and that the caller may see, 100 of each at most."""
    rows = session.execute(held(Sight.of(actor)), {"digest": digest, **who(actor)}).all()
    seen = [(bool(row.is_tag), Holder(row.project, row.package, row.name)) for row in rows]
    return Holders(
        tags=[holder for is_a_tag, holder in seen if is_a_tag],
        versions=[holder for is_a_tag, holder in seen if not is_a_tag],
    )


@cache
def held(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select who holds `digest`. Built once for each kind of caller, because building takes long."""
    digest: BindParameter[str] = bindparam("digest")
    versions = select(Version.package_id, Version.version.label("name")).where(Version.artifact_id == digest)
    tags = select(Tag.package_id, Tag.name).where(Tag.artifact_id == digest)
    parts = [visible_names(sight, tags, is_tag=True), visible_names(sight, versions, is_tag=False)]
    found = union_all(*(select(*part.c) for part in parts)).subquery()
    return select(*found.c).order_by(found.c.project, found.c.package, found.c.name)


def visible_names(sight: Sight, named: Select[int, str], *, is_tag: bool) -> Subquery:
    """Add project and package to names, keeping those that the caller may see."""
    found = named.subquery()
    return (
        select(
            literal(int(is_tag)).label("is_tag"),
            Project.name.label("project"),
            Package.name.label("package"),
            found.c.name,
        )
        .join_from(found, Package, Package.id == found.c.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(visible(sight))
        .order_by(Project.name, Package.name, found.c.name)
        .limit(MAX_HOLDERS)
        .subquery()
    )
