"""Wire shapes of logins."""

from typing import Literal

from wxcloudrun.notices.schemas import NoticeOut
from wxcloudrun.second_factors.schemas import CodesIn
from wxcloudrun.users.schemas import UserOut
from wxcloudrun.web.parsing import Input, Output, Timestamp


class LoginIn(CodesIn):
    """Whatever cannot be right is just wrong: what a password must look like is no secret, who has one is."""

    email: str
    password: str


class RefreshIn(Input):
    """A refresh token to exchange."""

    refresh_token: str


class TokensOut(Output):
    """What a program keeps of a login; `expires_in` is in seconds and speaks of the access token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    refresh_token: str
    user: UserOut


class LoginSessionOut(Output):
    """A login of one's own."""

    id: str
    is_this: bool
    created_at: Timestamp
    last_used_at: Timestamp | None
    proved_at: Timestamp | None
    expires_at: Timestamp
    address: str | None
    device: str | None


class LoginOut(TokensOut):
    """A new login: what a program keeps of it, and what has changed about the ways in."""

    notices: list[NoticeOut]
