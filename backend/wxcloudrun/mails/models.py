"""A token that was mailed to an address proves, once, that who brings it reads what arrives there."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import KeyedHash, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.users.rules import MAX_EMAIL_LENGTH


class MailedToken(Base):
    """What is kept of a token; its row goes with its use. It is void once the account has another address."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(KeyedHash, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(ascii_name(16))
    email: Mapped[str] = mapped_column(unicode_name(MAX_EMAIL_LENGTH))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
