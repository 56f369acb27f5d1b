"""Every SELECT on names that were in use, and what makes them so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    false,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from wxcloudrun.kit import clock
from wxcloudrun.kit.columns import UtcDateTime
from wxcloudrun.kit.db import prepared
from wxcloudrun.packages.reads import Layout, Package
from wxcloudrun.versions.models import RetiredFile, RetiredVersion, Version, VersionFile


@dataclass(frozen=True, slots=True)
class Retired:
    """What a deleted version or file held, and of which package: this one, or an earlier one of its name."""

    digest: str
    package_id: int
    is_file: bool
    at: datetime | None  # None while the background has not come to it


def retired(session: Session, package_id: int, name: str, filename: str = "") -> Sequence[Retired]:
    """Return what a deleted version, or a deleted file of it, held under that name.

    It may have been one of this package or of one that had its name before.
    """
    names = {"package_id": package_id, "name": name, "filename": filename}
    rows = session.execute(retired_names(), names).all()
    return [Retired(digest, package, bool(is_file), at) for digest, package, is_file, at in rows]


def named_files(session: Session, package_id: int, name: str) -> Sequence[tuple[str, Retired]]:
    """Return which files a version has and had, with what they hold or held, each under its name."""
    file, gone = VersionFile, RetiredFile
    has = (
        select(file.filename, file.artifact_id, file.package_id, file.deposited_at)
        .join(Version, Version.id == file.version_id)
        .where(Version.package_id == package_id, Version.version == name)
    )
    had = (
        select(gone.filename, gone.digest, gone.package_id, gone.retired_at)
        .join(Package, Package.name_id == gone.name_id)
        .where(Package.id == package_id, gone.version == name)
    )
    rows = [*session.execute(has), *session.execute(had)]
    return [(filename, Retired(digest, package, True, at)) for filename, digest, package, at in rows]


@prepared
def retired_names() -> CompoundSelect[*tuple[Any, ...]]:
    """Select what a Retired holds.

    What is in a deleted package counts from the moment of that deletion, although it is only retired when
    the background gets to its row.
    """
    this, earlier = Package, aliased(Package)
    versions = remembered(RetiredVersion, false())
    files = remembered(RetiredFile, true()).where(RetiredFile.filename == bindparam("filename"))
    going = (
        select(VersionFile.artifact_id, VersionFile.package_id, ~is_whole(earlier), null())
        .join(Version, Version.id == VersionFile.version_id)
        .join(earlier, earlier.id == Version.package_id)
        .join(this, (this.name_id == earlier.name_id) & (this.id != earlier.id))
        .where(this.id == bindparam("package_id"), Version.version == bindparam("name"))
        .where(or_(is_whole(earlier), VersionFile.filename == bindparam("filename")))
    )
    return union_all(versions, files, going)


def remembered(
    kept: type[RetiredVersion | RetiredFile], is_file: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Select what a Retired holds from one of the tables of names that were in use."""
    found = select(kept.digest, kept.package_id, is_file, kept.retired_at)
    statement = found.join(Package, Package.name_id == kept.name_id)
    return statement.where(Package.id == bindparam("package_id"), kept.version == bindparam("name"))


def is_whole(owner: type[Package]) -> ColumnElement[bool]:
    """Return the condition for a file that its version as a whole means, and for ever.

    Answers said so while it could have no other file beside it; caches out there may still hold them.
    """
    is_sealed = and_(Version.sealed_at.is_not(None), Version.files_count == 1)
    was_alone = VersionFile.id <= owner.widened_at_file
    return or_(owner.layout == Layout.SINGLE.value, is_sealed, was_alone)


def is_meant_by_its_version(session: Session, row: VersionFile) -> bool:
    """Tell whether its version as a whole means this file, and for ever."""
    statement = (
        select(VersionFile.id)
        .join(Version, Version.id == VersionFile.version_id)
        .join(Package, Package.id == Version.package_id)
        .where(VersionFile.id == row.id, is_whole(Package))
    )
    return session.execute(statement).first() is not None


def retire(session: Session, ids: Sequence[int]) -> None:
    """Remember for ever what these versions hold, before their rows and their files go."""
    held = VersionFile.version_id.in_(ids)
    remember(session, RetiredVersion, and_(held, is_whole(Package)))
    retire_files(session, held)


def retire_files(session: Session, which: ColumnElement[bool]) -> None:
    """Remember for ever what these files hold, before they go, where a version may have several."""
    remember(session, RetiredFile, and_(which, Package.layout == Layout.FILES.value))


def renew(session: Session, row: Version, filename: str) -> None:
    """Say that a name which is retired was retired now, and by this package.

    It may have been so before, and the old bytes got it back. A sealed version is asked when its names went.
    """
    names = {"name_id": select(Package.name_id).where(Package.id == row.package_id).scalar_subquery()}
    values = {"package_id": row.package_id, "retired_at": clock.now()}
    for kept in (RetiredVersion, RetiredFile):
        statement = update(kept).where(kept.name_id == names["name_id"], kept.version == row.version)
        if kept is RetiredFile:
            statement = statement.where(RetiredFile.filename == filename)
        session.execute(statement.values(values))


def remember(session: Session, kept: type[RetiredVersion | RetiredFile], which: ColumnElement[bool]) -> None:
    """Put down in that table what files hold.

    Left out is what is remembered already, and what a package of the same name means other bytes by: an
    upload that crossed the deletion of its package has brought a version that nobody ever saw.
    """
    known, held = kept.__table__.alias().c, aliased(VersionFile)
    other, owner = aliased(Version), aliased(Package)
    is_known = exists().where(known.name_id == Package.name_id, known.version == Version.version)
    is_taken = exists().where(
        owner.name_id == Package.name_id,
        owner.id != Package.id,
        other.package_id == owner.id,
        other.version == Version.version,
        held.version_id == other.id,
        held.artifact_id != VersionFile.artifact_id,
    )
    values: dict[str, Any] = {
        "name_id": Package.name_id,
        "version": Version.version,
        "package_id": Version.package_id,
        "digest": VersionFile.artifact_id,
        "retired_at": literal(clock.now(), UtcDateTime()),
    }
    if kept is RetiredFile:
        values["filename"] = VersionFile.filename
        is_known = is_known.where(known.filename == VersionFile.filename)
        is_taken = is_taken.where(held.filename == VersionFile.filename)
    rows = (
        select(*values.values())
        .select_from(VersionFile)
        .join(Version, Version.id == VersionFile.version_id)
        .join(Package, Package.id == Version.package_id)
        .where(which, ~is_known, ~is_taken)
    )
    session.execute(insert(kept).from_select(list(values), rows))
