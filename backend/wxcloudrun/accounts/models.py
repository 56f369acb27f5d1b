"""A user is a person; a login session is one login of theirs; an API key lets a program act for them.

Nothing that opens a door is stored: cookies, refresh tokens and API keys are kept as keyed hashes.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.accounts.rules import MAX_EMAIL_LENGTH, MAX_USERNAME_LENGTH
from wxcloudrun.kit.columns import RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.security import Scope

KeyedHash = ascii_name(64)
RandomId = ascii_name(32)


class User(Base):
    """A person. Without an e-mail address or a password they come in some other way."""

    __tablename__ = "users"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the id of one who left is not given away again

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str | None] = mapped_column(unicode_name(MAX_EMAIL_LENGTH), unique=True)
    username: Mapped[str] = mapped_column(unicode_name(MAX_USERNAME_LENGTH))
    password_hash: Mapped[str | None] = mapped_column(ascii_name(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WechatIdentity(Base):
    """The WeChat user who is this person, who has one at most. WeChat's session key is not kept."""

    __tablename__ = "wechat_identities"

    openid: Mapped[str] = mapped_column(ascii_name(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    unionid: Mapped[str | None] = mapped_column(ascii_name(64))
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KnownAddress(Base):
    """A network from which a person has logged in: there they are not held up by what strangers do."""

    __tablename__ = "known_addresses"
    __table_args__ = (Index(None, "last_seen_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(ascii_name(64), primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginSession(Base):
    """One login: its cookie, its access tokens and its family of refresh tokens live and end with it."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(RandomId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cookie_hash: Mapped[str] = mapped_column(KeyedHash, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshToken(Base):
    """Good for one use. Its successor is derived from it, so a lost answer can be given again."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "session_id"),)

    token_hash: Mapped[str] = mapped_column(KeyedHash, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RevokedToken(Base):
    """An access token that was given back before its time; forgotten when it would have expired."""

    __tablename__ = "revoked_tokens"
    __table_args__ = (Index(None, "expires_at"),)

    jti: Mapped[str] = mapped_column(RandomId, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """What a program presents. The prefix is what people recognise it by; it opens nothing."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "project_id"),
        Index(None, "prefix"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(unicode_name(100))
    prefix: Mapped[str] = mapped_column(ascii_name(16))
    key_hash: Mapped[str] = mapped_column(KeyedHash, unique=True)
    scopes: Mapped[str] = mapped_column(ascii_name(64))  # names with one space between them
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def scope_set(self) -> frozenset[Scope]:
        """What the key may be used for."""
        return read_scopes(self.scopes)


def read_scopes(text: str) -> frozenset[Scope]:
    """Read a column of scopes."""
    return frozenset(Scope(name) for name in text.split())


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Write a column of scopes, weakest first."""
    return " ".join(scope.value for scope in Scope if scope in scopes)
