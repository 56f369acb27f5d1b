"""A notice waits until the person has seen it; the audit log keeps what it says."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class Notice(Base):
    """One change of a way in, which its person has not said to have seen."""

    __tablename__ = "notices"
    __table_args__ = (Index(None, "user_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(ascii_name(64))  # as the audit log calls it
    noticed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(ascii_name(45))
