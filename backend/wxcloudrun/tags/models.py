"""A tag is a mutable name for an artifact inside a package; its history is never rewritten."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.models import Reference, artifact_index
from wxcloudrun.kit.columns import RowId, Sha256, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class Tag(Reference, Base):
    """Where a name points now."""

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("package_id", "name"),
        artifact_index(),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(ascii_name(128))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class TagMove(Base):
    """One move of a tag. Digests are text here: history keeps nothing alive."""

    __tablename__ = "tag_moves"
    __table_args__ = (Index(None, "package_id", "name", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(ascii_name(128))
    artifact_id: Mapped[str | None] = mapped_column(Sha256)  # None: the tag was deleted
    previous: Mapped[str | None] = mapped_column(Sha256)  # None: the tag was new
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
