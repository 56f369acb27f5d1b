"""Every SELECT behind questions about a whole registry."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from wxcloudrun.kit.package_names import Format
from wxcloudrun.npm_lookup.rules import WantedPackages
from wxcloudrun.packages.reads import Package
from wxcloudrun.tags.reads import Tag
from wxcloudrun.versions.reads import FileFacts, Version, VersionFile

AT_ONCE = 500
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class FoundNpmPackage:
    """A package as a search shows it: its latest version, and what that says of itself."""

    name: str
    version: str
    description: str
    published_at: datetime


def matching_packages(
    session: Session, project_id: int, wanted: WantedPackages, limit: int, offset: int
) -> tuple[Sequence[FoundNpmPackage], int]:
    """Return the packages of a project that are looked for, and how many there are of them in all.

    Those come first that are called so, then by name. Behind the last one nobody counts them: 0.
    """
    first = next((each for each in wanted.words if each.isascii()), "")
    rank = case((Package.name == first, 0), (Package.name.startswith(first, autoescape=True), 1), else_=2)
    found = matching(project_id, wanted).add_columns(func.count().over().label("total"))
    rows = session.execute(found.order_by(rank, Package.name, Package.id).limit(limit).offset(offset)).all()
    some = [FoundNpmPackage(row.name, row.version, row.description, row.created_at) for row in rows]
    return some, rows[0].total if rows else 0


def matching(project_id: int, wanted: WantedPackages) -> Select[*tuple[Any, ...]]:
    """Select the packages of a project that have a version and all that is wanted."""
    description = described()
    return (
        select(Package.name, Version.version, description.label("description"), Version.created_at)
        .join(Version, Version.id == shown_version())
        .where(Package.project_id == project_id, Package.format == Format.NPM.value)
        .where(*conditions(wanted, description))
    )


def shown_version() -> ColumnElement[int]:
    """Select the version that `latest` points at, the newest one if nobody has said what that is."""
    tagged = select(Tag.version_id).where(Tag.package_id == Package.id, Tag.name == LATEST).scalar_subquery()
    newest = (
        select(func.max(Version.id))
        .where(Version.package_id == Package.id, Version.files_count > 0)
        .correlate(Package)
        .scalar_subquery()
    )
    return func.coalesce(tagged, newest)


def described() -> ColumnElement[str]:
    """Select what the shown version says of itself, else what somebody has said of its package."""
    said = (
        select(func.min(FileFacts.summary))
        .join(VersionFile, VersionFile.id == FileFacts.file_id)
        .where(VersionFile.version_id == Version.id)
        .scalar_subquery()
    )
    return func.coalesce(said, Package.description)


def conditions(wanted: WantedPackages, description: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions on names and descriptions; names have no capitals."""
    if wanted.scope is not None:
        begins = Package.name.startswith(f"@{wanted.scope}/", autoescape=True)
        yield begins if wanted.scope.isascii() else false()
    for word in wanted.words:
        says_so = func.lower(description).contains(word, autoescape=True)
        # MySQL cannot compare what the column could not hold.
        yield or_(Package.name.contains(word, autoescape=True), says_so) if word.isascii() else says_so


def hosted_names(session: Session, names: Iterable[str]) -> set[str]:
    """Return which of these names packages have that lie here, in whichever project."""
    found: set[str] = set()
    for some in batched(names, AT_ONCE):
        statement = select(Package.name).where(
            and_(Package.format == Format.NPM.value, Package.name.in_(some))
        )
        found.update(session.execute(statement).scalars())
    return found
