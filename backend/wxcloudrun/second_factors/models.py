"""The second factor of a person: a secret that they share with a program of theirs, and codes for its loss.

It is asked for from `users.second_factor_at` on. Before that somebody is about to set it up.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import KeyedHash, KeyName, RowId, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base

MAX_SEALED_LENGTH = 255


class SecondFactor(Base):
    """What makes the codes of one person (RFC 6238)."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(ascii_name(MAX_SEALED_LENGTH))
    last_step: Mapped[int | None] = mapped_column(RowId)  # of the last code: older ones are good no more
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that stands in for the program once. Its row goes with its use."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "user_id"),)

    code_hash: Mapped[str] = mapped_column(KeyedHash, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    hashed_with: Mapped[str | None] = mapped_column(KeyName)  # None: from before it was noted
