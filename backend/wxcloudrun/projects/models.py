"""A project is a namespace that owns packages; a membership is one user's role in it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base


class Project(Base):
    """Private unless `is_public`; its name is unique in the service.

    One that was deleted has `deleted_at` and a name that nobody can ask for; it is gone for everybody, and
    its rows go in the background (`erasure/`).
    """

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(ascii_name(128))
    description: Mapped[str] = mapped_column(unicode_name(1000), default="")
    is_public: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def hide(self, now: datetime) -> None:
        """Let nobody find it any more, and leave its name to others."""
        self.deleted_at = now
        self.name = f"~{self.id}"  # no project can be called so, and no request can name it


class Membership(Base):
    """What one user is in one project."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "user_id", "project_id"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
