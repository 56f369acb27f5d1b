"""Every SELECT of npm's protocol."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CompoundSelect,
    Select,
    bindparam,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from wxcloudrun.kit.columns import LongBytes
from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.npm.rules import revision_name
from wxcloudrun.packages.reads import Package
from wxcloudrun.tags.reads import Tag
from wxcloudrun.versions.reads import (
    DocumentKind,
    FileDocument,
    PackageRevision,
    Version,
    VersionFile,
)


class RowOf(enum.IntEnum):
    """What a row of `packument_rows` is about."""

    PACKAGE = 0
    VERSION = 1
    TAG = 2
    README = 3


def packument_rows(reader: Reader, package_id: int, kind: DocumentKind, seen: str) -> Sequence[Any]:
    """Return the revision of a package and, unless its mark is the one that was seen, what is shown of it.

    It is one statement, so everything is of that revision. There is a row of the package if that is there.
    """
    given = {"package_id": package_id, "seen": seen, "kind": kind.value}
    return reader.execute(packument_parts(), given).all()


@prepared
def packument_parts() -> CompoundSelect[*tuple[Any, ...]]:
    """Select what `packument_rows` returns, each part by the index of its own table."""
    return union_all(package_part(), version_part(), tag_part(), readme_part())


def package_part() -> Select[*tuple[Any, ...]]:
    """Select the revision; `moment` is when the package was made, `until` since when it is as it is."""
    packages, revisions = Package.__table__, PackageRevision.__table__
    return (
        select(
            part_of(RowOf.PACKAGE),
            type_coerce(revisions.c.revision, BigInteger).label("number"),
            revisions.c.mark.label("name"),
            null().label("target"),
            null().label("filename"),
            null().label("deprecated"),
            packages.c.created_at.label("moment"),
            revisions.c.changed_at.label("until"),
            type_coerce(null(), LongBytes).label("content"),
        )
        .select_from(packages.outerjoin(revisions, revisions.c.package_id == packages.c.id))
        .where(packages.c.id == bindparam("package_id"))
    )


def version_part() -> Select[*tuple[Any, ...]]:
    """Select the files of versions of which there is a document; `until` and `target` tell of a yank."""
    versions, files, documents = Version.__table__, VersionFile.__table__, FileDocument.__table__
    revisions = PackageRevision.__table__
    return (
        select(
            part_of(RowOf.VERSION),
            versions.c.id,
            versions.c.version,
            versions.c.yanked_reason,
            files.c.filename,
            versions.c.deprecated,
            files.c.deposited_at,
            versions.c.yanked_at,
            documents.c.content,
        )
        .select_from(
            revisions.join(files, files.c.package_id == revisions.c.package_id)
            .join(versions, versions.c.id == files.c.version_id)
            .join(documents, documents.c.file_id == files.c.id)
        )
        .where(is_news(), documents.c.kind == bindparam("kind"))
    )


def tag_part() -> Select[*tuple[Any, ...]]:
    """Select the tags and the versions that they point at."""
    revisions, tags, versions = PackageRevision.__table__, Tag.__table__, Version.__table__
    empty = (null(),) * 5
    return (
        select(part_of(RowOf.TAG), null(), tags.c.name, versions.c.version, *empty)
        .select_from(
            revisions.join(tags, tags.c.package_id == revisions.c.package_id).join(
                versions, versions.c.id == tags.c.version_id
            )
        )
        .where(is_news())
    )


def readme_part() -> Select[*tuple[Any, ...]]:
    """Select the README of the version that `latest` points at, for whoever wants everything."""
    revisions, tags = PackageRevision.__table__, Tag.__table__
    files, documents = VersionFile.__table__, FileDocument.__table__
    empty = (null(),) * 7
    return (
        select(part_of(RowOf.README), *empty, documents.c.content)
        .select_from(
            revisions.join(tags, tags.c.package_id == revisions.c.package_id)
            .join(files, files.c.version_id == tags.c.version_id)
            .join(documents, documents.c.file_id == files.c.id)
        )
        .where(
            is_news(),
            tags.c.name == "latest",
            documents.c.kind == DocumentKind.README.value,
            bindparam("kind") == DocumentKind.MANIFEST.value,
        )
    )


def part_of(part: RowOf) -> Any:
    """Select a number that says what a row is about."""
    return literal_column(str(part.value)).label("part")


def is_news() -> Any:
    """Return the condition for a package that is not as the caller has seen it."""
    revisions = PackageRevision.__table__
    return (revisions.c.package_id == bindparam("package_id")) & (revisions.c.mark != bindparam("seen"))


def version_rows(reader: Reader, package_id: int, wanted: str) -> Sequence[Any]:
    """Return the documents of a version, or of that at which a tag of this name points, one for each file."""
    return reader.execute(wanted_version(), {"package_id": package_id, "wanted": wanted}).all()


@prepared
def wanted_version() -> Select[*tuple[Any, ...]]:
    """Select what `version_rows` returns."""
    versions, files, tags = Version.__table__, VersionFile.__table__, Tag.__table__
    documents = FileDocument.__table__
    here: BindParameter[int] = bindparam("package_id")
    named = select(versions.c.id).where(
        versions.c.package_id == here, versions.c.version == bindparam("wanted")
    )
    tagged = select(tags.c.version_id).where(tags.c.package_id == here, tags.c.name == bindparam("wanted"))
    meant = func.coalesce(named.correlate(None).scalar_subquery(), tagged.correlate(None).scalar_subquery())
    return (
        select(
            versions.c.version,
            versions.c.deprecated,
            versions.c.yanked_at,
            versions.c.yanked_reason,
            files.c.filename,
            documents.c.content,
        )
        .select_from(
            versions.join(files, files.c.version_id == versions.c.id).join(
                documents, documents.c.file_id == files.c.id
            )
        )
        .where(versions.c.id == meant, documents.c.kind == DocumentKind.MANIFEST.value)
    )


def shown_versions(reader: Reader, package_id: int) -> Sequence[Any]:
    """Return the versions of which there is a document, the oldest first, and what is said against each."""
    statement = (
        select(
            Version.version,
            VersionFile.filename,
            Version.deprecated,
            Version.yanked_at,
            Version.yanked_reason,
        )
        .join(VersionFile, VersionFile.version_id == Version.id)
        .join(FileDocument, FileDocument.file_id == VersionFile.id)
        .where(Version.package_id == package_id, FileDocument.kind == DocumentKind.ABBREVIATED.value)
        .order_by(Version.id)
    )
    return reader.execute(statement).all()


def revision_of(session: Session, package_id: int) -> str:
    """Return how writers name the revision of a package."""
    statement = select(PackageRevision.revision, PackageRevision.mark)
    row = session.execute(statement.where(PackageRevision.package_id == package_id)).one()
    return revision_name(row.revision, row.mark)


def locked_revision(session: Session, package_id: int) -> str:
    """Return how writers name the revision, which nobody raises before the end of the transaction."""
    statement = select(PackageRevision.revision, PackageRevision.mark)
    held = statement.where(PackageRevision.package_id == package_id).with_for_update()
    row = session.execute(held).one()
    return revision_name(row.revision, row.mark)


def dist_tags(reader: Reader, package_id: int) -> Mapping[str, str]:
    """Return the tags of a package and the versions that they point at, by name."""
    statement = (
        select(Tag.name, Version.version)
        .join(Version, Version.id == Tag.version_id)
        .where(Tag.package_id == package_id)
        .order_by(Tag.name)
    )
    return {row.name: row.version for row in reader.execute(statement)}
