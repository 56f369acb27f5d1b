"""A machine that waits for a key, which somebody gives it at a page of ours."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import KeyedHash, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.npm_accounts.rules import CLIENT_LENGTH, HOST_LENGTH


class NpmLogin(Base):
    """What is kept of a login between its beginning and the key; the row goes when the key is handed over.

    Of its two codes one opens the page and the other one fetches the key, so whoever sees the address of the
    page gets nothing by it. The project is a name: that it exists is only told to who may see it.
    """

    __tablename__ = "npm_logins"
    __table_args__ = (Index(None, "expires_at"), Index(None, "approved_by"))

    page_hash: Mapped[str] = mapped_column(KeyedHash, primary_key=True)
    done_hash: Mapped[str] = mapped_column(KeyedHash, unique=True)
    project: Mapped[str] = mapped_column(ascii_name(128))
    host: Mapped[str] = mapped_column(unicode_name(HOST_LENGTH))
    client: Mapped[str] = mapped_column(unicode_name(CLIENT_LENGTH))  # which program it says it is
    address: Mapped[str | None] = mapped_column(ascii_name(45))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
