"""Wire shapes of mails."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.second_factors.schemas import CodesIn
from wxcloudrun.users.schemas import Email, NewPassword
from wxcloudrun.web.parsing import Input

Token = Annotated[str, Field(min_length=1, max_length=128)]


class RecoveryIn(Input):
    """The address of an account whose password is lost."""

    email: Email


class NewPasswordIn(CodesIn):
    """A new password, from who has the token that was mailed; with the second factor if there is one."""

    token: Token
    new_password: NewPassword


class VerifiedIn(Input):
    """The token that was mailed to the address of one's account."""

    token: Token
