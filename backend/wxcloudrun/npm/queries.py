"""Every SELECT of npm's protocol."""

from collections.abc import Mapping

from sqlalchemy import select

from wxcloudrun.kit.db import Reader
from wxcloudrun.tags.reads import Tag
from wxcloudrun.versions.reads import Version


def dist_tags(reader: Reader, package_id: int) -> Mapping[str, str]:
    """Return the tags of a package and the versions that they point at, by name."""
    statement = (
        select(Tag.name, Version.version)
        .join(Version, Version.id == Tag.version_id)
        .where(Tag.package_id == package_id)
        .order_by(Tag.name)
    )
    return {row.name: row.version for row in reader.execute(statement)}
