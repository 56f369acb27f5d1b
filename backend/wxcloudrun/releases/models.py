"""What a release has beside its version: the log of how its bytes were obtained."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import LongBytes, UtcDateTime
from wxcloudrun.kit.db import Base


class ReleaseLog(Base):
    """The log of the last attempt; in a table of its own, so that lists do not read it."""

    __tablename__ = "release_logs"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[bytes] = mapped_column(LongBytes)
    truncated: Mapped[bool]
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
