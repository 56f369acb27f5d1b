"""Wire shapes of logins by WeChat."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.second_factors.schemas import CodesIn
from wxcloudrun.web.parsing import Input, Output, Timestamp

WechatCode = Annotated[str, Field(min_length=1, max_length=512)]


class WechatIn(Input):
    """What `wx.login()` gave; only behind WeChat Cloud Hosting may it be left out."""

    code: WechatCode | None = None


class WechatLoginIn(CodesIn):
    """What `wx.login()` gave; only behind WeChat Cloud Hosting may it be left out."""

    code: WechatCode | None = None


class WechatOut(Output):
    """Whether a WeChat user gets in to the account; which one is not shown."""

    is_bound: bool
    bound_at: Timestamp | None
