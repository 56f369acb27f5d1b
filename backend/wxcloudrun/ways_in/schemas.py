"""Wire shapes of ways in."""

from typing import Self

from pydantic import model_validator

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.security import Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.notices.schemas import NoticeOut
from wxcloudrun.second_factors.schemas import CodesIn, SecondFactorOut
from wxcloudrun.users.schemas import UserOut
from wxcloudrun.ways_in.service.showing import Me, WaysIn
from wxcloudrun.web.parsing import Input, Output, Timestamp
from wxcloudrun.wechat.schemas import WechatCode


class ProofIn(CodesIn):
    """What proves who is there: the password or a fresh code of WeChat, with the second factor."""

    password: str | None = None
    wechat_code: WechatCode | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.password is None) == (self.wechat_code is None):
            raise WrongValue(text("send either password or wechat_code"))
        return self


class EndingIn(Input):
    """What stays when everything is ended."""

    keep_session: bool = False


class KeysOut(Output):
    """How many API keys there are, and how many have each scope."""

    total: int
    by_scope: dict[Scope, int]


class WaysInOut(Output):
    """By what somebody gets in to their account."""

    has_password: bool
    email: str | None
    email_verified_at: Timestamp | None
    wechat_bound_at: Timestamp | None
    keys: KeysOut
    second_factor: SecondFactorOut


class MeOut(UserOut):
    """Who asks. Whoever has logged in sees their ways in, and what has changed about them."""

    ways_in: WaysInOut | None
    notices: list[NoticeOut] | None

    @classmethod
    def of(cls, me: Me) -> Self:
        """Shape somebody."""
        return cls(
            **UserOut.model_validate(me.user).__dict__,
            ways_in=None if me.ways_in is None else ways_in_out(me.ways_in),
            notices=None if me.notices is None else [NoticeOut.model_validate(each) for each in me.notices],
        )


def ways_in_out(found: WaysIn) -> WaysInOut:
    """Shape somebody's ways in."""
    return WaysInOut(
        has_password=found.has_password,
        email=found.email,
        email_verified_at=found.email_verified_at,
        wechat_bound_at=found.wechat_bound_at,
        keys=KeysOut(total=found.keys, by_scope=dict(found.keys_by_scope)),
        second_factor=SecondFactorOut.model_validate(found.second_factor),
    )
