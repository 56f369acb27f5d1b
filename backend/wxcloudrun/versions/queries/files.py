"""Every SELECT on the files of versions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Artifact
from wxcloudrun.formats.said_inside import SaidInside
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.windows import windows
from wxcloudrun.versions.models import Version, VersionFile
from wxcloudrun.versions.rules.standing import Standing, Yank


def is_only_file() -> ColumnElement[bool]:
    """Return the condition for a file that is all that its version has, to join the two on."""
    return and_(VersionFile.version_id == Version.id, Version.files_count == 1)


def digest_of(session: Session, row: Version) -> str | None:
    """Return the bytes of a version; None if it has none, or several files."""
    if row.files_count != 1:
        return None
    statement = select(VersionFile.artifact_id).where(VersionFile.version_id == row.id)
    return session.execute(statement).scalar_one()


def file_digest(session: Session, row: Version, filename: str) -> str | None:
    """Return the bytes of a file of a version; None if it has none of that name."""
    named = (VersionFile.version_id == row.id, VersionFile.filename == filename)
    return session.execute(select(VersionFile.artifact_id).where(*named)).scalar_one_or_none()


def file(session: Session, row: Version, filename: str) -> VersionFile | None:
    """Return a file of a version, whose row is locked, for a change."""
    named = (VersionFile.version_id == row.id, VersionFile.filename == filename)
    return session.execute(select(VersionFile).where(*named)).scalar_one_or_none()


def file_id(session: Session, package_id: int, version: str, filename: str) -> int:
    """Return the id of a file that is there."""
    statement = (
        select(VersionFile.id)
        .join(Version, Version.id == VersionFile.version_id)
        .where(Version.package_id == package_id, Version.version == version, VersionFile.filename == filename)
    )
    return session.execute(statement).scalar_one()


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A name in a version, and the bytes that it means."""

    filename: str
    artifact_id: str


def first_files(session: Session, row: Version, limit: int) -> Sequence[HeldFile]:
    """Return the files of a version in the order in which they came, so many at most."""
    statement = select(VersionFile.filename, VersionFile.artifact_id).where(VersionFile.version_id == row.id)
    return [HeldFile(*each) for each in session.execute(statement.order_by(VersionFile.id).limit(limit))]


def standing_of(session: Session, file_id: int) -> Standing | None:
    """Return whether the version of a file is one to choose; None if the file has gone."""
    statement = (
        select(Version.version, Version.yanked_at, Version.yanked_reason, Version.deprecated)
        .join(VersionFile, VersionFile.version_id == Version.id)
        .where(VersionFile.id == file_id)
    )
    row = session.execute(statement).one_or_none()
    return (
        None
        if row is None
        else Standing(row.version, Yank.read(row.yanked_at, row.yanked_reason), row.deprecated)
    )


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a version for an answer."""

    id: int
    filename: str
    size_bytes: int
    artifact_id: str
    content_type: str | None
    said: SaidInside | None = None  # where that was asked for


def page_of_files(session: Session, package_id: int, name: str, page: PageRequest[int]) -> Page[FileView]:
    """Return the files of a version in the order in which they came; an absent version has none."""
    statement = (
        listed_files(package_id, name)
        .where(VersionFile.id > (page.after or 0))
        .order_by(VersionFile.id)
        .limit(page.limit + 1)
    )
    views = [FileView(*row) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)


def file_view(session: Session, package_id: int, name: str, filename: str) -> FileView | None:
    """Return one file of a version for an answer."""
    statement = listed_files(package_id, name).where(VersionFile.filename == filename)
    row = session.execute(statement).one_or_none()
    return None if row is None else FileView(*row)


def listed_files(package_id: int, name: str) -> Select[*tuple[Any, ...]]:
    """Select what a FileView in a list holds, in its order."""
    return (
        select(
            VersionFile.id,
            VersionFile.filename,
            Artifact.size_bytes,
            VersionFile.artifact_id,
            VersionFile.content_type,
        )
        .join(Version, Version.id == VersionFile.version_id)
        .join(Artifact, Artifact.id == VersionFile.artifact_id)
        .where(Version.package_id == package_id, Version.version == name)
    )


def of_several_files(session: Session, package_id: int) -> str | None:
    """Return a version of a package that has several files."""
    several = (Version.package_id == package_id, Version.files_count > 1)
    return session.execute(select(Version.version).where(*several).limit(1)).scalar_one_or_none()


def last_file(session: Session) -> int:
    """Return the id of the newest file of any version; 0 if there is none."""
    return session.execute(select(func.coalesce(func.max(VersionFile.id), 0))).scalar_one()


def counted_files() -> ScalarSelect[int]:
    """Count the files that there are of a version, to compare with what its row says."""
    files = select(func.count()).select_from(VersionFile).where(VersionFile.version_id == Version.id)
    return files.correlate(Version).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Miscounted:
    """A version whose row says another number of files than it has."""

    version_id: int
    package_id: int
    said: int
    actual: int


def miscounted(session: Session) -> Iterator[Miscounted]:
    """Yield the versions whose rows say another number of files than they have."""
    actual = counted_files()
    statement = select(Version.id, Version.package_id, Version.files_count, actual)
    wrong = statement.where(Version.files_count != actual).order_by(Version.id)
    for window in windows(session, Version.id):
        for row in session.execute(wrong.where(window)):
            yield Miscounted(*row)


def to_recount(session: Session, version_id: int) -> tuple[Version, int] | None:
    """Return a version, locked for a change, and how many files it has; None if it has gone."""
    row = session.get(Version, version_id, with_for_update=True)
    if row is None:
        return None
    actual = select(func.count()).select_from(VersionFile).where(VersionFile.version_id == version_id)
    return row, session.execute(actual).scalar_one()
