"""A tag is a mutable name inside a package; its history is never rewritten.

It names bytes where a version has one file, and a version where it may have several.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.reads import Reference, artifact_index
from wxcloudrun.kit.columns import RowId, Sha256, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class Tag(Reference, Base):
    """Where a name points now: at bytes, with their provenance, or else at a version."""

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("package_id", "name"),
        artifact_index(),
        Index(None, "version_id"),
        CheckConstraint("(artifact_id IS NULL) <> (version_id IS NULL)", name="one_target"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(ascii_name(128))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class TagMove(Base):
    """One move of a tag. Digests and versions are text here: history keeps nothing alive.

    Where it went is null if it was deleted, and where it was is null if it was new.
    """

    __tablename__ = "tag_moves"
    __table_args__ = (Index(None, "package_id", "name", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(ascii_name(128))
    artifact_id: Mapped[str | None] = mapped_column(Sha256)
    version: Mapped[str | None] = mapped_column(ascii_name(128))
    previous: Mapped[str | None] = mapped_column(Sha256)
    previous_version: Mapped[str | None] = mapped_column(ascii_name(128))
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
