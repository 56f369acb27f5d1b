"""A project is a namespace that owns packages; a membership is one user's role in it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base


class Project(Base):
    """Private unless `is_public`; its name is unique in the service."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(ascii_name(128))
    description: Mapped[str] = mapped_column(unicode_name(1000), default="")
    is_public: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Membership(Base):
    """What one user is in one project."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "user_id"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
