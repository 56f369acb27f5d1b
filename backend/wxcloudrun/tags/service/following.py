"""How tags follow what happens below them: to versions that go, and to packages that change their layout."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.tags import queries
from wxcloudrun.tags.models import Tag
from wxcloudrun.tags.service.pointing import HeldTag
from wxcloudrun.versions.reads import Version, VersionFile


def names_at(session: Session, package_id: int, digest: str, limit: int) -> Sequence[str]:
    """Return which tags of a package point at some bytes, so many at most."""
    return queries.names_at(session, package_id, digest, limit)


def delete_tags_of(tx: Transaction, actor: Actor, found: FoundPackage, row: Version) -> Sequence[str]:
    """Delete the tags that point at a locked version, and return their names."""
    tags = queries.at_version(tx.session, row.id)
    for each in tags:
        HeldTag(tx, actor, found, each.name, each).delete()
    return [each.name for each in tags]


def follow_layout(session: Session, package_id: int, layout: Layout) -> None:
    """Let the tags of a package, whose row is locked, point at what tags of a layout do.

    They mean the same bytes as before, so their history tells nothing of it. Raises Conflict that names a
    tag for which there is no such thing.
    """
    if layout is Layout.FILES:
        point_at_versions(session, package_id)
    else:
        point_at_bytes(session, package_id)


def point_at_versions(session: Session, package_id: int) -> None:
    """Point the tags of a package at the newest version that holds their bytes. Raises Conflict."""
    lost = queries.without_version(session, package_id)
    if lost is not None:
        message = text("tag {tag} points at bytes that are no version; delete it or move it first", tag=lost)
        raise Conflict(message, tag=lost)
    is_at_bytes = (Tag.package_id == package_id, Tag.artifact_id.is_not(None))
    # In this order: MySQL evaluates each value with what those before it have set.
    moved = update(Tag).where(*is_at_bytes).ordered_values(
        (Tag.version_id, queries.newest_version()),
        (Tag.original_name, None),
        (Tag.content_type, None),
        (Tag.deposited_at, None),
        (Tag.deposited_by, None),
        (Tag.artifact_id, None),
    )  # fmt: skip
    session.execute(moved.execution_options(synchronize_session=False))


def point_at_bytes(session: Session, package_id: int) -> None:
    """Point the tags of a package at the one file of their version. Raises Conflict."""
    lost = queries.without_bytes(session, package_id)
    if lost is not None:
        tag, version = lost
        message = text(
            "tag {tag} points at version {version}, which has no file; delete it or move it first",
            tag=tag,
            version=version,
        )
        raise Conflict(message, tag=tag, version=version)
    columns = ("original_name", "content_type", "deposited_at", "deposited_by", "artifact_id")
    moved = update(Tag).where(Tag.package_id == package_id, Tag.version_id.is_not(None))
    values = [(getattr(Tag, name), queries.of_its_file(getattr(VersionFile, name))) for name in columns]
    moved = moved.ordered_values(*values, (Tag.version_id, None))
    session.execute(moved.execution_options(synchronize_session=False))
