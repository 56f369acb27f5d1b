"""A package is a name inside a project; versions, tags and deposits hang on it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base


class Package(Base):
    """A named series inside a project."""

    __tablename__ = "packages"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        Index(None, "name"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(ascii_name(128))
    description: Mapped[str] = mapped_column(unicode_name(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
