"""Every SELECT behind a reference: one statement for an exact one."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Artifact, UntoldDigests, reference_tables, shown, withheld
from wxcloudrun.downloads.rules import Ref, ReferenceKind, ReferenceTarget
from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.kit.names import is_sha256, is_tag
from wxcloudrun.kit.package_names import written_name
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.reads import Package
from wxcloudrun.projects.reads import Project, Sight, visible, who
from wxcloudrun.tags.reads import Tag
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.reads import Status, Version, VersionFile, is_whole

MAX_HOLDERS = 100


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


def by_tag(reader: Reader, package_id: int, name: str) -> ReferenceTarget | None:
    """Return what a tag points at."""
    return first(reader, (ReferencePath.TAG,), {"package_id": package_id, "name": name})


def by_version(reader: Reader, package_id: int, name: str) -> ReferenceTarget | None:
    """Return what a version is; None also while it waits for its bytes."""
    row = reader.execute(exact_version(), {"package_id": package_id, "name": name}).one_or_none()
    return None if row is None else named_target(row)


def file_of_version(reader: Reader, package_id: int, name: str, filename: str) -> ReferenceTarget | None:
    """Return a file of a version."""
    names = {"package_id": package_id, "name": name, "filename": filename}
    row = reader.execute(exact_file(), names).one_or_none()
    return None if row is None else named_target(row)


@prepared
def exact_file() -> Select[*tuple[Any, ...]]:
    """Select what a ReferenceTarget holds of one file of a version."""
    return exact_version().where(VersionFile.filename == bindparam("filename"))


@prepared
def exact_version() -> Select[*tuple[Any, ...]]:
    """Select what a ReferenceTarget holds, each column by the name that it has there."""
    versions, files, artifacts = Version.__table__, VersionFile.__table__, Artifact.__table__
    packages, untold = Package.__table__, UntoldDigests.__table__
    return (
        select(
            artifacts.c.id.label("artifact_id"),
            artifacts.c.size_bytes,
            shown(untold, artifacts.c.md5),
            shown(untold, artifacts.c.sha1),
            artifacts.c.object_key,
            files.c.original_name,
            files.c.content_type,
            files.c.deposited_at,
            null().label("tag"),
            versions.c.version,
            versions.c.files_count,
            is_whole(Package).label("is_whole"),
            versions.c.version.label("marked"),
            versions.c.yanked_at,
            versions.c.yanked_reason,
            versions.c.deprecated,
        )
        .select_from(
            versions.join(files, files.c.version_id == versions.c.id)
            .join(artifacts, artifacts.c.id == files.c.artifact_id)
            .outerjoin(untold, withheld(untold, files.c.artifact_id, files.c.package_id))
            .join(packages, packages.c.id == versions.c.package_id)
        )
        .where(versions.c.package_id == bindparam("package_id"), versions.c.version == bindparam("name"))
        .limit(1)
    )


def by_name(reader: Reader, package_id: int, ref: Ref) -> ReferenceTarget | None:
    """Return what a version is, or what a bare name means: a tag, else a version, else an artifact."""
    if ref.kind is ReferenceKind.VERSION:
        return by_version(reader, package_id, ref.value)
    return first(reader, named_parts(ref), values_of(package_id, ref))


def active(reader: Reader, package_id: int) -> ReferenceTarget | None:
    """Return the activated version."""
    return first(reader, (ReferencePath.ACTIVE,), {"package_id": package_id})


def by_artifact(reader: Reader, package_id: int, ref: Ref) -> ReferenceTarget | None:
    """Return an artifact if this package references it, with the oldest provenance there.

    One that gave it the name that is asked for goes before all others.
    """
    return first(reader, (ReferencePath.ARTIFACT,), values_of(package_id, ref))


@dataclass(frozen=True, slots=True)
class Looked:
    """What one statement saw: what a reference means exactly, else what was chosen for it earlier.

    `content` stands for the versions that there were at that moment.
    """

    target: ReferenceTarget | None
    is_exact: bool
    content: str


def exact_or_chosen(session: Session, package_id: int, ref: Ref, chosen: str | None) -> Looked:
    """Look for an exact name, for the version that was chosen the last time, and whether that still holds."""
    parts = named_parts(ref) if chosen is None else (*named_parts(ref), ReferencePath.CHOSEN)
    row = session.execute(target_and_content(parts), {**values_of(package_id, ref), "chosen": chosen}).one()
    return Looked(
        target_in(row), row.rank not in (None, ReferencePath.CHOSEN.value), version_reads.read_content(row)
    )


class ReferencePath(enum.IntEnum):
    """A way in which a reference may lead to bytes; of several that do, the least counts."""

    TAG = 1
    VERSION = 2
    ACTIVE = 3
    ARTIFACT = 4  # and 5, where the package knows the bytes by another name than the one that is asked for
    CHOSEN = 9  # earlier, for a range: behind everything that a name means exactly


def named_parts(ref: Ref) -> tuple[ReferencePath, ...]:
    """Return what a version or a bare name may be exactly."""
    parts = [] if ref.is_latest else [ReferencePath.VERSION]
    if ref.kind is ReferenceKind.BARE and is_tag(ref.value):
        parts.append(ReferencePath.TAG)
    if ref.kind is ReferenceKind.BARE and is_sha256(ref.value):
        parts.append(ReferencePath.ARTIFACT)
    return tuple(parts)


def values_of(package_id: int, ref: Ref) -> dict[str, Any]:
    """Return what the statements about a reference ask for by name."""
    return {"package_id": package_id, "name": ref.value, "filename": ref.filename}


def targets_of(part: ReferencePath) -> list[Select[*tuple[Any, ...]]]:
    """Select the bytes to which a reference leads in one way, `name` in the package `package_id`.

    A tag leads to bytes, or to the files of a version.
    """
    tags, versions = Tag.__table__, Version.__table__
    here: BindParameter[int] = bindparam("package_id")
    name: BindParameter[str] = bindparam("name")
    match part:
        case ReferencePath.TAG:
            is_it = and_(tags.c.package_id == here, tags.c.name == name)
            found = targets(VersionFile.__table__, part, tag=tags.c.name, versions=versions)
            found = found.join(versions, versions.c.id == VersionFile.version_id)
            found = found.join(tags, tags.c.version_id == versions.c.id)
            return [targets(tags, part, tag=tags.c.name).where(is_it), found.where(is_it)]
        case ReferencePath.VERSION:
            is_it = versions.c.version == name
        case ReferencePath.CHOSEN:
            is_it = versions.c.version == bindparam("chosen")
        case ReferencePath.ACTIVE:
            is_it = versions.c.status == Status.ACTIVATED.value
        case ReferencePath.ARTIFACT:
            return [artifact_targets()]
    files = VersionFile.__table__
    found = targets(files, part, versions=versions).join(versions, versions.c.id == files.c.version_id)
    return [found.where(versions.c.package_id == here, is_it)]


def artifact_targets() -> Select[*tuple[Any, ...]]:
    """Select an artifact through every kind of reference that this package may have to it.

    References under the name that is asked for, if one is, go before the others.
    """
    here: BindParameter[int] = bindparam("package_id")
    digest: BindParameter[str] = bindparam("name")
    name = bindparam("filename", type_=String())
    parts = [
        targets(table, case((table.c.original_name == name, 4), else_=5)).where(
            table.c.package_id == here, table.c.artifact_id == digest
        )
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    return select(*found.c)


def targets(
    table: FromClause,
    rank: int | ColumnElement[int],
    *,
    tag: ColumnElement[Any] | None = None,
    versions: FromClause | None = None,
) -> Select[*tuple[Any, ...]]:
    """Select the bytes behind the references in one table."""
    return select(
        (literal(int(rank)) if isinstance(rank, int) else rank).label("rank"),
        Artifact.id.label("artifact_id"),
        Artifact.size_bytes,
        Artifact.md5,
        Artifact.sha1,
        Artifact.object_key,
        table.c.original_name,
        table.c.content_type,
        table.c.deposited_at,
        (null() if tag is None else tag).label("tag"),
        (null() if versions is None else versions.c.version).label("version"),
        (literal(1) if versions is None else versions.c.files_count).label("files_count"),
        false().label("is_whole"),  # whoever may mean something else tomorrow is never asked
    ).join_from(table, Artifact, Artifact.id == table.c.artifact_id)


def best(parts: tuple[ReferencePath, ...]) -> Subquery:
    """Select the best row of the parts, and which version it is that is yanked or deprecated, if one is.

    Where the row is a version, only that one counts, else every version of the package that is these bytes;
    of several the one that was yanked first is named.
    """
    found = union_all(*(each for part in parts for each in targets_of(part))).subquery()
    order = (found.c.rank, found.c.deposited_at, found.c.original_name)
    row = select(*found.c).order_by(*order).limit(1).subquery()
    held = VersionFile
    here = and_(held.artifact_id == row.c.artifact_id, held.package_id == bindparam("package_id"))
    its_own = held.version_id == Version.id
    is_it = or_(row.c.version.is_(None), row.c.version == Version.version)
    is_marked = or_(Version.yanked_at.is_not(None), Version.deprecated.is_not(None))
    untold = UntoldDigests.__table__
    return (
        select(
            *(shown(untold, each) if each.key in ("md5", "sha1") else each for each in row.c),
            Version.version.label("marked"),
            Version.yanked_at,
            Version.yanked_reason,
            Version.deprecated,
        )
        .select_from(
            row.outerjoin(untold, withheld(untold, row.c.artifact_id, bindparam("package_id")))
            .outerjoin(held, here)
            .outerjoin(Version, and_(its_own, is_it, is_marked))
        )
        .order_by(Version.id.is_(None), Version.yanked_at.is_(None), Version.yanked_at, Version.id)
        .limit(1)
        .subquery()
    )


@prepared
def target(parts: tuple[ReferencePath, ...]) -> Select[*tuple[Any, ...]]:
    """Select the best row."""
    return select(*best(parts).c)


@prepared
def target_and_content(parts: tuple[ReferencePath, ...]) -> Select[*tuple[Any, ...]]:
    """Select the best row, if any, beside what stands for the versions of the package."""
    found, content = best(parts), version_reads.content(bindparam("package_id")).subquery()
    return select(*content.c, *found.c).select_from(content.outerjoin(found, true()))


def first(
    reader: Reader, parts: tuple[ReferencePath, ...], values: Mapping[str, Any]
) -> ReferenceTarget | None:
    """Run the parts as one statement and return the best row."""
    row = reader.execute(target(parts), values).one_or_none()
    return None if row is None else target_in(row)


def target_in(row: Any) -> ReferenceTarget | None:
    """Read the target out of a row of `best`; None if it has none."""
    return None if row.rank is None else named_target(row)


def named_target(row: Any) -> ReferenceTarget:
    """Read a target out of a row that has one, by the names of its columns."""
    return ReferenceTarget(**{each.name: getattr(row, each.name) for each in fields(ReferenceTarget)})


def holders(session: Session, actor: Actor, digest: str) -> Holders:
    """Return tags and versions that are an artifact and that the caller may see, 100 of each at most."""
    rows = session.execute(held(Sight.of(actor)), {"digest": digest, **who(actor)}).all()
    seen = [(bool(row.is_tag), holder_in(row)) for row in rows]
    return Holders(
        tags=[holder for is_a_tag, holder in seen if is_a_tag],
        # A version that holds the bytes under two names is one; DISTINCT would have the database copy all.
        versions=list(dict.fromkeys(holder for is_a_tag, holder in seen if not is_a_tag)),
    )


def holder_in(row: Any) -> Holder:
    """Read a holder out of a row."""
    return Holder(row.project, written_name(row.format, row.package), row.name)


@prepared
def held(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select who holds `digest`."""
    digest: BindParameter[str] = bindparam("digest")
    versions = (
        select(VersionFile.package_id, Version.version.label("name"))
        .join(Version, Version.id == VersionFile.version_id)
        .where(VersionFile.artifact_id == digest)
    )
    tags = select(Tag.package_id, Tag.name).where(Tag.artifact_id == digest)
    parts = [visible_names(sight, tags, is_tag=True), visible_names(sight, versions, is_tag=False)]
    found = union_all(*(select(*part.c) for part in parts)).subquery()
    return select(*found.c).order_by(found.c.project, found.c.package, found.c.format, found.c.name)


def visible_names(sight: Sight, named: Select[int, str], *, is_tag: bool) -> Subquery:
    """Add project and package to names, keeping those that the caller may see."""
    found = named.subquery()
    return (
        select(
            literal(int(is_tag)).label("is_tag"),
            Project.name.label("project"),
            Package.format,
            Package.name.label("package"),
            found.c.name,
        )
        .join_from(found, Package, Package.id == found.c.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(visible(sight))
        .order_by(Project.name, Package.name, Package.format, found.c.name)
        .limit(MAX_HOLDERS)
        .subquery()
    )
