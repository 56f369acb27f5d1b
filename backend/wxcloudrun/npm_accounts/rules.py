"""How a key is called that npm gets, how long a machine waits for it, what a one-time password is."""

import re
from datetime import timedelta

from wxcloudrun.second_factors.rules import NO_CODE, SecondFactorCode

WAITING = timedelta(minutes=10)
HOST_LENGTH = 64  # the longest that Linux lets a machine be called
CLIENT_LENGTH = 100
UNNAMED = "?"
TOTP = re.compile(r"[0-9 ]+")


def shown(name: str | None, length: int) -> str:
    """Return what a machine says of itself, as it may be shown: nothing in it reorders or hides text."""
    return "".join(each for each in (name or "")[:1000] if each.isprintable()).strip()[:length] or UNNAMED


def name_of_key(host: str | None) -> str:
    """Return what the key of a machine is called."""
    return f"npm {shown(host, HOST_LENGTH)}"


def code_in(one_time_password: str | None) -> SecondFactorCode:
    """Read what clients and people give in one place: the code of a program, or one for its loss."""
    given = (one_time_password or "").strip()
    if not given:
        return NO_CODE
    if TOTP.fullmatch(given):
        return SecondFactorCode(totp=given)
    return SecondFactorCode(recovery_code=given)
