"""An API key lets programs act for a user; it is kept as a keyed hash."""

from datetime import datetime
from functools import cache

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import KeyedHash, KeyName, RowId, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.security import Scope


class ApiKey(Base):
    """What a program presents. The prefix is what people recognise it by; it opens nothing.

    A key that was made with another one has it as its parent, and goes with it; only that of a service
    account outlives the person whose key that was. One that has replaced itself stands in its place, and
    goes too if the old one is revoked before its time.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "project_id"),
        Index(None, "prefix"),
        Index(None, "parent_id"),
        Index(None, "replaces_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(unicode_name(100))
    prefix: Mapped[str] = mapped_column(ascii_name(16))
    key_hash: Mapped[str] = mapped_column(KeyedHash, unique=True)
    hashed_with: Mapped[str | None] = mapped_column(KeyName)
    scopes: Mapped[str] = mapped_column(ascii_name(64))  # names with one space between them
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def scope_set(self) -> frozenset[Scope]:
        """What the key may be used for."""
        return read_scopes(self.scopes)


@cache
def read_scopes(text: str) -> frozenset[Scope]:
    """Read a column of scopes."""
    return frozenset(Scope(name) for name in text.split())


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Write a column of scopes, weakest first."""
    return " ".join(scope.value for scope in Scope if scope in scopes)
