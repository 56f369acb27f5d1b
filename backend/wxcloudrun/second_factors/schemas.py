"""Wire shapes of second factors."""

from typing import Annotated

from pydantic import Field

from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.web.parsing import Input, Output, Timestamp

Code = Annotated[str, Field(min_length=1, max_length=64)]


class CodesIn(Input):
    """The second factor of somebody who has one: a code of their program, or a recovery code."""

    totp: Code | None = None
    recovery_code: Code | None = None

    @property
    def second_factor(self) -> SecondFactorCode:
        """What was brought."""
        return SecondFactorCode(self.totp, self.recovery_code)


class ConfirmationIn(Input):
    """A first code, which shows that the secret has arrived."""

    totp: Code


class SecondFactorOut(Output):
    """Whether there is a second factor."""

    enabled_at: Timestamp | None
    recovery_codes_left: int


class OfferOut(Output):
    """A secret for a program that makes codes; `uri` is the same, for a QR code."""

    secret: str
    uri: str


class RecoveryCodesOut(Output):
    """Codes that are good once each; they are shown this once."""

    recovery_codes: list[str]
