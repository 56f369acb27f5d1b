"""Every SELECT on versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from wxcloudrun.accounts.models import User
from wxcloudrun.accounts.queries import username_of
from wxcloudrun.kit.cache.cached import cached
from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import RetiredVersion, Status, Version
from wxcloudrun.versions.rules import Candidate, Exclusion, choose, parse_range

MAX_SHOWN = 100
# MySQL takes the other index that begins with the package as soon as it guesses badly, and then sorts a list
# or reads every row of a package.
BY_PACKAGE_AND_ID = "USE INDEX (ix_versions_package_id_id_artifact_id_created_at)"
MERSENNE = 2**31 - 1  # the product of two numbers below it fits into what both databases count with


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


def version(session: Session, package_id: int, name: str) -> Version | None:
    """Return the row for a change, locked where the database locks rows."""
    return session.execute(locked_version(), {"package_id": package_id, "name": name}).scalar_one_or_none()


@cache
def locked_version() -> Select[Version]:
    """Select one version for a change. Built once, because every upload with a version asks this."""
    named = and_(Version.package_id == bindparam("package_id"), Version.version == bindparam("name"))
    return select(Version).where(named).with_for_update()


def retired(session: Session, package_id: int, name: str) -> RetiredVersion | None:
    """Return what a deleted version of that name held."""
    return session.get(RetiredVersion, (package_id, name))


def view(reader: Reader, package_id: int, name: str) -> VersionView | None:
    """Return one version for an answer."""
    row = reader.execute(viewed(), {"package_id": package_id, "name": name}).one_or_none()
    return None if row is None else VersionView(*row)


@cache
def viewed() -> Select[*tuple[Any, ...]]:
    """Select what a VersionView holds, in its order. Built once, because readers ask this all the time."""
    versions, users = Version.__table__, User.__table__
    return (
        select(
            versions.c.id,
            versions.c.version,
            versions.c.artifact_id,
            versions.c.status,
            versions.c.version_source,
            versions.c.created_at,
            users.c.username,
        )
        .select_from(versions.outerjoin(users, users.c.id == versions.c.created_by))
        .where(versions.c.package_id == bindparam("package_id"), versions.c.version == bindparam("name"))
    )


def page_of_versions(session: Session, package_id: int, page: PageRequest[int]) -> Page[VersionView]:
    """Return the versions of a package, newest first."""
    statement = (
        select(Version, username_of(Version.created_by))
        .with_hint(Version, BY_PACKAGE_AND_ID, "mysql")
        .where(Version.package_id == package_id)
        .order_by(Version.id.desc())
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(Version.id < page.after)
    views = [as_view(row.Version, row.username) for row in session.execute(statement)]
    return Page.cut(views, page.limit, lambda each: each.id)


@dataclass(frozen=True, slots=True)
class MadeChoice:
    """What a range or `latest` means among exactly the versions that `content` stands for.

    The lists are for the answer and have 100 entries at most.
    """

    content: str
    chosen: str | None
    matching: tuple[str, ...]
    excluded: tuple[Exclusion, ...]


@cached(MadeChoice, purged_by={Version: lambda row: row.package_id, Package: lambda row: row.id})
def choice(session: Session, package_id: int, wanted: str) -> MadeChoice:
    """Look through every version of a package for the best one in a range, or for the `latest` one."""
    rows = session.execute(
        select(Version.id, Version.version, Version.artifact_id, Version.created_at).where(
            Version.package_id == package_id
        )
    ).all()
    candidates = [Candidate(row.version, row.id, available=row.artifact_id is not None) for row in rows]
    made = choose(candidates, parse_range(wanted))
    return MadeChoice(
        content=content_of(candidates, max((row.created_at for row in rows), default=None)),
        chosen=made.chosen.version if made.chosen is not None else None,
        matching=made.matching[:MAX_SHOWN],
        excluded=made.excluded[:MAX_SHOWN],
    )


def content_of(candidates: Sequence[Candidate], newest: datetime | None) -> str:
    """Return what stands for a set of versions: `content` of the same rows says the same.

    An id never names another version, and a version never changes but that its bytes come. So the set is
    known when the ids are, each doubled, plus one if it has bytes. Their count, sum, sum of squares and
    sum of cubes tell a set from every other with up to three different members: transactions may commit
    in another order than their ids came in, so a count and the highest id would not. `newest` tells
    apart what was written before and after a database was restored.
    """
    numbers = [(2 * each.sequence + each.available) % MERSENNE for each in candidates]
    squares = [number * number % MERSENNE for number in numbers]
    cubes = [square * number % MERSENNE for square, number in zip(squares, numbers, strict=True)]
    return written_content(len(numbers), sum(numbers), sum(squares), sum(cubes), newest)


def content(package_id: int) -> Select[*tuple[Any, ...]]:
    """Select what `read_content` makes `content_of` the versions of a package from."""
    doubled = Version.id * 2 + case((Version.artifact_id.is_not(None), 1), else_=0)
    rows = (
        select((doubled % MERSENNE).label("number"), Version.created_at)
        .with_hint(Version, BY_PACKAGE_AND_ID, "mysql")
        .where(Version.package_id == package_id)
        .subquery()
    )
    square = rows.c.number * rows.c.number % MERSENNE
    return select(
        func.count().label("versions"),
        func.sum(rows.c.number).label("numbers"),
        func.sum(square).label("squares"),
        func.sum(square * rows.c.number % MERSENNE).label("cubes"),
        func.max(rows.c.created_at).label("newest"),
    )


def read_content(row: Any) -> str:
    """Return the content that a row of `content` says."""
    return written_content(row.versions, row.numbers, row.squares, row.cubes, row.newest)


def written_content(count: int, numbers: Any, squares: Any, cubes: Any, newest: datetime | None) -> str:
    """Write a content as text; MySQL adds integers up to decimals, and nothing up to NULL."""
    sums = (str(int(each or 0)) for each in (numbers, squares, cubes))
    return f"{count}:{':'.join(sums)}:{rfc3339(newest) if newest is not None else ''}"


def activated(session: Session, package_id: int) -> str | None:
    """Return the version that is in use."""
    statement = select(Version.version).where(
        Version.package_id == package_id, Version.status == Status.ACTIVATED.value
    )
    return session.execute(statement).scalar_one_or_none()


def as_view(row: Version, username: str | None) -> VersionView:
    """Shape a version for an answer."""
    return VersionView(
        id=row.id,
        version=row.version,
        artifact_id=row.artifact_id,
        status=row.status,
        version_source=row.version_source,
        created_at=row.created_at,
        created_by=username,
    )
