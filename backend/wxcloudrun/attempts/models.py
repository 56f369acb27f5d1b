"""From which networks people have got in before."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class KnownAddress(Base):
    """A network from which a person has logged in: there they are not held up by what strangers do."""

    __tablename__ = "known_addresses"
    __table_args__ = (Index(None, "last_seen_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(ascii_name(64), primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
