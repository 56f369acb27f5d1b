"""Every SELECT on uploads."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.packages.reads import MAX_COUNTED, Contents
from wxcloudrun.tags.reads import Tag
from wxcloudrun.uploads.models import Upload
from wxcloudrun.users.reads import username_of
from wxcloudrun.versions.reads import Version, VersionFile


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload for a list."""

    upload: Upload
    uploader: str | None


def upload(session: Session, package_id: int, upload_id: int) -> Upload | None:
    """Return one upload of a package for a change."""
    statement = select(Upload).where(Upload.package_id == package_id, Upload.id == upload_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def names_made(session: Session, upload: Upload) -> tuple[str | None, str | None]:
    """Return which of the tag and the version that an upload made still are its bytes, None if not."""
    tag = select(Tag.name).where(
        Tag.package_id == upload.package_id, Tag.name == upload.tag, Tag.artifact_id == upload.digest
    )
    version = (
        select(Version.version)
        .join(VersionFile, VersionFile.version_id == Version.id)
        .where(
            Version.package_id == upload.package_id,
            Version.version == upload.version,
            VersionFile.artifact_id == upload.digest,
        )
        .limit(1)
    )
    row = session.execute(select(tag.scalar_subquery(), version.scalar_subquery())).one()
    return row[0], row[1]


def by_idempotency_key(session: Session, user_id: int | None, key: str) -> Upload | None:
    """Return the upload that this user made under this key."""
    statement = select(Upload).where(Upload.deposited_by == user_id, Upload.idempotency_key == key)
    return session.execute(statement).scalar_one_or_none()


def contents(session: Session, package_id: int) -> Contents:
    """Return what a package holds. Of each table MAX_COUNTED rows are looked at, however many there are."""
    is_activated = Version.activated_in == package_id
    return Contents(
        activated=session.execute(select(Version.version).where(is_activated)).scalar_one_or_none(),
        versions=count_holding(session, Version, Version.files_count > 0, package_id),
        tags=count_holding(session, Tag, Tag.id.is_not(None), package_id),
        uploads=count_holding(session, Upload, Upload.artifact_id.is_not(None), package_id),
    )


def count_holding(
    session: Session, table: type[Version | Tag | Upload], holds: ColumnElement[bool], package_id: int
) -> int:
    """Count the rows of a package that keep bytes alive, up to MAX_COUNTED.

    More rows than that count as that many: to find out that none of them holds anything may take long.
    """
    some = select(holds).where(table.package_id == package_id).limit(MAX_COUNTED)
    rows = session.execute(some).scalars().all()
    return len(rows) if len(rows) == MAX_COUNTED else sum(map(bool, rows))


def holds_file(session: Session, package_id: int, filename: str, digest: str) -> bool:
    """Tell whether a package has bytes under a file name: in a version, or in an upload that made none."""
    in_version = exists().where(
        VersionFile.artifact_id == digest,
        VersionFile.package_id == package_id,
        VersionFile.filename == filename,
    )
    bare = exists().where(
        Upload.artifact_id == digest, Upload.package_id == package_id, Upload.original_name == filename
    )
    return bool(session.execute(select(or_(in_version, bare))).scalar_one())


def page_of_uploads(session: Session, package_id: int, page: PageRequest[int]) -> Page[UploadView]:
    """Return the uploads of a package, newest first."""
    statement = (
        select(Upload, username_of(Upload.deposited_by))
        .where(Upload.package_id == package_id)
        .order_by(Upload.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Upload.id < page.after)
    views = [UploadView(row.Upload, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.upload.id)
