"""What is told of MD5 and SHA-1: what a package shows of them, and what a caller may know by that."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, Subquery, and_, case, delete, func, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import Artifact, ExtraDigests, UntoldDigests
from wxcloudrun.kit.db import insertion


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody may know of an artifact: how many references, and MD5 and SHA-1.

    `mark` is that of the job for which each package that they may see waits; None if one of them shows what
    the artifact has.
    """

    references: int
    mark: str | None
    digests: ExtraDigests

    @property
    def is_seen(self) -> bool:
        """True if they may know that the bytes are there."""
        return self.references > 0


NOTHING_TOLD = Told(0, None, ExtraDigests())  # of bytes that nobody has


def withheld(untold: FromClause, digest: Any, package_id: Any) -> ColumnElement[bool]:
    """Return the condition on the row that says what a package shows of MD5 and SHA-1, if there is one."""
    return and_(untold.c.artifact_id == digest, untold.c.package_id == package_id)


def shown(untold: FromClause, whole: ColumnElement[str | None]) -> Label[str | None]:
    """Select what a package shows of one of the two digests, which `whole` is the column of.

    `withheld` says how `untold` is joined.
    """
    name = str(whole.key)
    return case((untold.c.mark.is_not(None), untold.c[name]), else_=whole).label(name)


def shown_digests(session: Session, digest: str, package_id: int) -> ExtraDigests:
    """Return MD5 and SHA-1 of an artifact as a package shows them, None if it has been collected since."""
    artifacts, untold = Artifact.__table__, UntoldDigests.__table__
    joined = artifacts.outerjoin(untold, withheld(untold, artifacts.c.id, package_id))
    statement = select(shown(untold, artifacts.c.md5), shown(untold, artifacts.c.sha1)).select_from(joined)
    row = session.execute(statement.where(artifacts.c.id == digest)).one_or_none()
    return ExtraDigests() if row is None else ExtraDigests(row.md5, row.sha1)


def withhold_digests(session: Session, digest: str, package_id: int, mark: str, known: ExtraDigests) -> None:
    """Let a package show only so much of MD5 and SHA-1 until the job with this mark ends."""
    show_digests(session, digest, package_id)
    names = {"artifact_id": digest, "package_id": package_id}
    values = {**names, "mark": mark, "md5": known.md5, "sha1": known.sha1}
    session.execute(insertion(UntoldDigests), values)


def show_digests(session: Session, digest: str, package_id: int) -> None:
    """Let a package show what there is."""
    table = UntoldDigests.__table__
    session.execute(delete(UntoldDigests).where(withheld(table, digest, package_id)))


def end_withholding(session: Session, mark: str) -> None:
    """Let every package show what there is that waits for the job with this mark."""
    session.execute(delete(UntoldDigests).where(UntoldDigests.mark == mark))


def withheld_in(found: Subquery) -> list[Label[Any]]:
    """Select whether all references wait for MD5 and SHA-1, and what is shown meanwhile."""
    waits = case((found.c.mark.is_(None), 0), else_=1)
    columns = (found.c.mark, found.c.untold_md5, found.c.untold_sha1)
    return [func.min(waits).label("all_wait"), *(func.max(each).label(each.name) for each in columns)]


def as_told(row: Any) -> Told:
    """Shape a row that has the columns of `withheld_in`, and those of the artifact."""
    if not row.ref_count:
        return NOTHING_TOLD
    if row.all_wait:
        return Told(row.ref_count, row.mark, ExtraDigests(row.untold_md5, row.untold_sha1))
    return Told(row.ref_count, None, ExtraDigests(row.md5, row.sha1))
