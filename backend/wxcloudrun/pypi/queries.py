"""Every SELECT of PyPI's pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from wxcloudrun.artifacts.reads import Artifact
from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.kit.package_names import Format
from wxcloudrun.packages.reads import Package
from wxcloudrun.versions.reads import (
    DocumentKind,
    FileDocument,
    FileFacts,
    PackageRevision,
    Version,
    VersionFile,
)


def project_names(reader: Reader, project_id: int) -> Sequence[str]:
    """Return the normalised names of the packages of PyPI's format in a project."""
    statement = (
        select(Package.name)
        .where(Package.project_id == project_id, Package.format == Format.PYPI.value)
        .order_by(Package.name)
    )
    return reader.execute(statement).scalars().all()


def page_rows(reader: Reader, package_id: int, seen: str) -> Sequence[Any]:
    """Return the revision of a package and, unless its mark is the one that was seen, its files.

    It is one statement, so the files are those of that revision. There is always a row.
    """
    return reader.execute(revision_and_files(), {"package_id": package_id, "seen": seen}).all()


@prepared
def revision_and_files() -> Select[*tuple[Any, ...]]:
    """Select what `page_rows` returns."""
    packages, revisions, files = Package.__table__, PackageRevision.__table__, VersionFile.__table__
    versions, artifacts, facts = Version.__table__, Artifact.__table__, FileFacts.__table__
    is_news = and_(files.c.package_id == packages.c.id, revisions.c.mark != bindparam("seen"))
    return (
        select(
            revisions.c.revision,
            revisions.c.mark,
            versions.c.version,
            versions.c.yanked_at,
            versions.c.yanked_reason,
            files.c.filename,
            files.c.artifact_id,
            files.c.deposited_at,
            artifacts.c.size_bytes,
            facts.c.requires,
            facts.c.document_digest,
        )
        .select_from(
            packages.outerjoin(revisions, revisions.c.package_id == packages.c.id)
            .outerjoin(files, is_news)
            .outerjoin(versions, versions.c.id == files.c.version_id)
            .outerjoin(artifacts, artifacts.c.id == files.c.artifact_id)
            .outerjoin(facts, facts.c.file_id == files.c.id)
        )
        .where(packages.c.id == bindparam("package_id"))
        .order_by(files.c.id)
    )


def metadata_of(reader: Reader, package_id: int, digest: str, filename: str) -> bytes | None:
    """Return the core metadata of a file of a package, None if none are kept of it."""
    statement = (
        select(FileDocument.content)
        .join(VersionFile, VersionFile.id == FileDocument.file_id)
        .where(
            VersionFile.package_id == package_id,
            VersionFile.artifact_id == digest,
            VersionFile.filename == filename,
            FileDocument.kind == DocumentKind.METADATA.value,
        )
        .limit(1)
    )
    return reader.execute(statement).scalar_one_or_none()
