"""Every SELECT on what the versions of a package are called."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wxcloudrun.packages.reads import Package
from wxcloudrun.versions.models import RetiredFile, RetiredVersion, Version


def names_of_versions(session: Session, package_id: int) -> Sequence[str]:
    """Return what versions of a package are called, and were called that are deleted; the oldest first."""
    living = select(Version.version).where(Version.package_id == package_id).order_by(Version.id)
    names = list(session.execute(living).scalars())
    for kept in (RetiredVersion, RetiredFile):
        gone = (
            select(kept.version)
            .join(Package, Package.name_id == kept.name_id)
            .where(Package.id == package_id)
            .distinct()
        )
        names += session.execute(gone).scalars()
    return names
