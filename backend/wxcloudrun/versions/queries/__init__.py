"""Every SELECT on versions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Label, Select, and_, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from wxcloudrun.formats.said_inside import SaidInside
from wxcloudrun.kit.db import Reader, prepared
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.stores.cache.cached import cached
from wxcloudrun.users.reads import username_of
from wxcloudrun.versions.models import (
    Version,
    VersionFile,
    VersionNotes,
)
from wxcloudrun.versions.queries.arranged import ARRANGEMENTS, Arranged, place_of
from wxcloudrun.versions.queries.files import is_only_file
from wxcloudrun.versions.queries.stamps import content_now
from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import EVERYTHING, LATEST, Choice, VersionCandidate
from wxcloudrun.versions.rules.standing import Yank

MAX_SHOWN = 100
# MySQL takes the other index that begins with the package as soon as it guesses badly, and then sorts a list
# or reads every row of a package.
BY_PACKAGE_AND_ID = "USE INDEX (ix_versions_package_id_id_files_count_created_at_yanked_at)"


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version for an answer."""

    id: int
    version: str
    artifact_id: str | None
    status: str
    version_source: str | None
    created_at: datetime
    created_by: str | None
    yanked_at: datetime | None
    yanked_reason: str | None
    deprecated: str | None
    original_name: str | None
    sealed_at: datetime | None
    written_properties: bytes | None
    written_notes: bytes | None = None
    said: SaidInside | None = None  # where that was asked for

    @property
    def yanked(self) -> Yank | None:
        """Since when nobody shall choose it any more, and why."""
        return Yank.read(self.yanked_at, self.yanked_reason)

    @property
    def properties(self) -> Mapping[str, str]:
        """What programs keep with it."""
        return {} if self.written_properties is None else json.loads(self.written_properties)

    @property
    def notes(self) -> str | None:
        """What people wrote about it, where that was asked for."""
        return None if self.written_notes is None else self.written_notes.decode()


def version(session: Session, package_id: int, name: str) -> Version | None:
    """Return the row for a change, locked where the database locks rows."""
    return session.execute(locked_version(), {"package_id": package_id, "name": name}).scalar_one_or_none()


def version_now(session: Session, package_id: int, name: str) -> Version | None:
    """Return the row as it is now, to look at: nobody waits for who looks."""
    named = and_(Version.package_id == package_id, Version.version == name)
    return session.execute(select(Version).where(named)).scalar_one_or_none()


@prepared
def locked_version() -> Select[Version]:
    """Select one version for a change."""
    named = and_(Version.package_id == bindparam("package_id"), Version.version == bindparam("name"))
    return select(Version).where(named).with_for_update()


def notes(session: Session, version_id: int) -> VersionNotes | None:
    """Return what is written about a version, whose row is locked, for a change."""
    return session.get(VersionNotes, version_id)


def view(reader: Reader, package_id: int, name: str) -> VersionView | None:
    """Return one version for an answer."""
    row = reader.execute(viewed(), {"package_id": package_id, "name": name}).one_or_none()
    return None if row is None else VersionView(*row)


@prepared
def viewed() -> Select[*tuple[Any, ...]]:
    """Select what a VersionView holds, in its order."""
    return (
        listed()
        .add_columns(written(VersionNotes.notes))
        .where(Version.package_id == bindparam("package_id"), Version.version == bindparam("name"))
    )


def listed() -> Select[*tuple[Any, ...]]:
    """Select what a VersionView in a list holds, in its order."""
    return select(
        Version.id,
        Version.version,
        of_only_file(VersionFile.artifact_id),
        Version.status,
        Version.version_source,
        Version.created_at,
        username_of(Version.created_by),
        Version.yanked_at,
        Version.yanked_reason,
        Version.deprecated,
        of_only_file(VersionFile.original_name),
        Version.sealed_at,
        written(VersionNotes.properties),
    )


def of_only_file[T](column: InstrumentedAttribute[T]) -> Label[T]:
    """Select a column of the one file that a version has; no join, for the reason of `username_of`."""
    return select(column).where(is_only_file()).scalar_subquery().label(f"only_{column.key}")


def written(column: InstrumentedAttribute[bytes | None]) -> Label[bytes | None]:
    """Select what is written about a version at length; no join, for the reason of `username_of`."""
    found = select(column).where(VersionNotes.version_id == Version.id)
    return found.scalar_subquery().label(f"written_{column.key}")


def page_of_versions(session: Session, package_id: int, page: PageRequest[int]) -> Page[VersionView]:
    """Return the versions of a package, newest first."""
    statement = (
        listed()
        .with_hint(Version, BY_PACKAGE_AND_ID, "mysql")
        .where(Version.package_id == package_id)
        .order_by(Version.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Version.id < page.after)
    views = [VersionView(*row) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)


@dataclass(frozen=True, slots=True)
class MadeChoice:
    """What a range or `latest` means among exactly the versions that `content` stands for.

    Its lists are for the answer and have 100 entries at most.
    """

    content: str
    choice: Choice


@cached(MadeChoice)
def choice(session: Session, package_id: int, wanted: str) -> MadeChoice:
    """Choose the best version of a package in a range, or the `latest` one.

    Raises RangeNotUnderstood if no version's scheme can read the range.
    """
    return choose_among(session, package_id, wanted, content_now(session, package_id))


def choose_among(session: Session, package_id: int, wanted: str, content: str) -> MadeChoice:
    """Return what `choice` does, in a few looks if the versions that `content` stands for are in order.

    Raises what that raises.
    """
    place = place_of(session, package_id)
    arranged = ARRANGEMENTS.get(place, content) or arrange(session, package_id, content)
    text = EVERYTHING if wanted == LATEST else wanted
    return MadeChoice(content, arranged.versions.choose(text, MAX_SHOWN))


def arrange(session: Session, package_id: int, content: str) -> Arranged:
    """Read every version of a package, put them in order, and keep that as what `content` stands for.

    Whoever asks has read the content before. If a version came between the two, the content has changed
    with it, and nobody is told the earlier one any more.
    """
    rows = session.execute(
        select(
            Version.id,
            Version.version,
            (Version.files_count > 0).label("filled"),
            Version.scheme,
            Version.yanked_at.is_not(None).label("yanked"),
        ).where(Version.package_id == package_id)
    )
    candidates = [
        VersionCandidate(row.version, row.id, bool(row.filled), row.scheme, yanked=bool(row.yanked))
        for row in rows
    ]
    arranged = Arranged(content, Arrangement(candidates))
    ARRANGEMENTS.put(place_of(session, package_id), arranged)
    return arranged
