"""Wire shapes of logins."""

from typing import Literal

from wxcloudrun.users.schemas import UserOut
from wxcloudrun.web.parsing import Input, Output


class LoginIn(Input):
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
