"""What stands for the versions of a package: a stamp, which every change of what can be chosen replaces."""

from typing import Any

from sqlalchemy import BindParameter, Select, select
from sqlalchemy.orm import Session

from wxcloudrun.versions.models import VersionStamp

RULES = 3  # goes up whenever order or ranges change, so that what other rules have chosen does not stand


def content(package_id: int | BindParameter[int]) -> Select[*tuple[Any, ...]]:
    """Select what `read_content` reads; one row, whether the package has a stamp or not."""
    found = select(VersionStamp.stamp).where(VersionStamp.package_id == package_id)
    return select(found.scalar_subquery().label("stamp"))


def read_content(row: Any) -> str:
    """Return what stands for the versions of a package, by a row of `content`."""
    return f"{RULES}:{row.stamp or ''}"


def content_now(session: Session, package_id: int) -> str:
    """Return what stands for the versions of a package."""
    return read_content(session.execute(content(package_id)).one())
