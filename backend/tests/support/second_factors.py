"""Second factors as a person has them: a program that makes codes."""

from dataclasses import dataclass
from typing import Any

import pyotp

from tests.support.client import ApiClient
from wxcloudrun.kit import clock

FACTOR = "/api/v1/auth/second-factor"


@dataclass
class Telephone:
    """A program that makes codes, and the recovery codes that were written down beside it."""

    secret: str
    recovery_codes: list[str]

    def code(self, *, seconds: int = 0) -> str:
        """Return the code that it shows now, or so many seconds from now."""
        return str(pyotp.TOTP(self.secret).at(int(clock.now().timestamp()) + seconds))


def second_factor(person: ApiClient) -> Telephone:
    """Give somebody a second factor who has proved who they are; the code of the present is used up."""
    secret = str(person.post(FACTOR).ok().data["secret"])
    telephone = Telephone(secret, [])
    confirmed: dict[str, Any] = person.post(f"{FACTOR}/confirm", {"totp": telephone.code()}).ok().data
    telephone.recovery_codes = confirmed["recovery_codes"]
    return telephone
