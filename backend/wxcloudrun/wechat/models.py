"""Which WeChat user is which of our users."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class WechatIdentity(Base):
    """The WeChat user who is this person, who has one at most. WeChat's session key is not kept."""

    __tablename__ = "wechat_identities"

    openid: Mapped[str] = mapped_column(ascii_name(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    unionid: Mapped[str | None] = mapped_column(ascii_name(64))
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)
