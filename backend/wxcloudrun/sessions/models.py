"""A session is a person's login, with what it gives out: a cookie, access tokens, refresh tokens.

Nothing that opens a door is stored: cookies and refresh tokens are kept as keyed hashes.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import KeyedHash, KeyName, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base

RandomId = ascii_name(32)
MAX_DEVICE_LENGTH = 200


class LoginSession(Base):
    """One login: its cookie, its access tokens and its family of refresh tokens live and end with it."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(RandomId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cookie_hash: Mapped[str] = mapped_column(KeyedHash, unique=True)
    hashed_with: Mapped[str | None] = mapped_column(KeyName)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its person last gave a proof
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # to some minutes
    address: Mapped[str | None] = mapped_column(ascii_name(45))  # from which it was opened
    device: Mapped[str | None] = mapped_column(unicode_name(MAX_DEVICE_LENGTH))  # the User-Agent then


class RefreshToken(Base):
    """Good for one use. Its successor is derived from it, so a lost answer can be given again."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "session_id"),)

    token_hash: Mapped[str] = mapped_column(KeyedHash, primary_key=True)
    hashed_with: Mapped[str | None] = mapped_column(KeyName)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RevokedToken(Base):
    """An access token that was given back before its time; forgotten when its session would have expired."""

    __tablename__ = "revoked_tokens"
    __table_args__ = (Index(None, "expires_at"),)

    jti: Mapped[str] = mapped_column(RandomId, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
