"""Every SELECT on what files say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, Select, bindparam, func, select

from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.versions.models import DocumentKind, FileDocument, FileFacts, VersionFile


@dataclass(frozen=True, slots=True)
class FactsView:
    """What is kept of a file."""

    summary: str | None
    requires: str | None
    documents: Mapping[DocumentKind, bytes]


def facts_of_version(reader: Reader, version_id: int) -> FactsView | None:
    """Return what is kept of the first file of a version of which there is a document."""
    return viewed_facts(reader.execute(kept_of_version(), {"version_id": version_id}).all())


def facts_of_file(reader: Reader, file_id: int) -> FactsView | None:
    """Return what is kept of a file."""
    return viewed_facts(reader.execute(kept_of_file(), {"file_id": file_id}).all())


@prepared
def kept_of_version() -> Select[*tuple[Any, ...]]:
    """Select what a FactsView holds, a row for each document."""
    return kept().where(FileFacts.file_id == first_documented())


@prepared
def kept_of_file() -> Select[*tuple[Any, ...]]:
    """Select the same of one file."""
    return kept().where(FileFacts.file_id == bindparam("file_id"))


def kept() -> Select[*tuple[Any, ...]]:
    """Select what is kept of files."""
    documents = FileFacts.__table__.outerjoin(
        FileDocument.__table__, FileDocument.file_id == FileFacts.file_id
    )
    return select(FileFacts.summary, FileFacts.requires, FileDocument.kind, FileDocument.content).select_from(
        documents
    )


def first_documented() -> ScalarSelect[int]:
    """Select the first file of a version of which there is a document."""
    named = VersionFile.version_id == bindparam("version_id")
    files = select(func.min(FileDocument.file_id)).join(VersionFile, VersionFile.id == FileDocument.file_id)
    return files.where(named).correlate(None).scalar_subquery()


def viewed_facts(rows: Any) -> FactsView | None:
    """Read the rows of a file."""
    if not rows:
        return None
    documents = {DocumentKind(row.kind): row.content for row in rows if row.kind is not None}
    return FactsView(rows[0].summary, rows[0].requires, documents)
