"""Every SELECT on deposits."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wxcloudrun.accounts.queries import username_of
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.uploads.models import Upload


@dataclass(frozen=True, slots=True)
class Digests:
    """The two digests that an artifact has beside its id."""

    md5: str | None
    sha1: str | None


@dataclass(frozen=True, slots=True)
class UploadView:
    """A deposit for a list."""

    upload: Upload
    depositor: str | None


def upload(session: Session, package_id: int, upload_id: int) -> Upload | None:
    """Return one deposit of a package for a change."""
    statement = select(Upload).where(Upload.package_id == package_id, Upload.id == upload_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def by_idempotency_key(session: Session, user_id: int | None, key: str) -> Upload | None:
    """Return the deposit that this user made under this key."""
    statement = select(Upload).where(Upload.deposited_by == user_id, Upload.idempotency_key == key)
    return session.execute(statement).scalar_one_or_none()


def digests(session: Session, digest: str) -> Digests:
    """Return MD5 and SHA-1 of an artifact, None if it has been collected since."""
    row = session.execute(select(Artifact.md5, Artifact.sha1).where(Artifact.id == digest)).one_or_none()
    return Digests(None, None) if row is None else Digests(row.md5, row.sha1)


def page_of_uploads(session: Session, package_id: int, page: PageRequest[int]) -> Page[UploadView]:
    """Return the deposits of a package, newest first."""
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
