"""Wire shapes of logins by WeChat."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.web.parsing import Input


class WechatIn(Input):
    """What `wx.login()` gave; only behind WeChat Cloud Hosting may it be left out."""

    code: Annotated[str, Field(min_length=1, max_length=512)] | None = None
