"""Every SELECT on WeChat identities."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from wxcloudrun.wechat.models import WechatIdentity


def wechat_identity(session: Session, openid: str) -> WechatIdentity | None:
    """Return whose WeChat identity that is, for a change."""
    statement = select(WechatIdentity).where(WechatIdentity.openid == openid)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def wechat_identity_of(session: Session, user_id: int) -> WechatIdentity | None:
    """Return the WeChat identity of a user, for a change."""
    statement = select(WechatIdentity).where(WechatIdentity.user_id == user_id)
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def bound_at(session: Session, user_id: int) -> datetime | None:
    """Return since when a WeChat user gets in to this account, None if nobody does."""
    statement = select(WechatIdentity.bound_at).where(WechatIdentity.user_id == user_id)
    return session.execute(statement).scalar_one_or_none()


def forget_wechat_identity(session: Session, user_id: int) -> bool:
    """Let the WeChat user who was this person be anybody again; False if there was none."""
    gone = session.execute(delete(WechatIdentity).where(WechatIdentity.user_id == user_id))
    return cast("CursorResult[Any]", gone).rowcount == 1
