"""What codes look like, and which are good when: no SQL, no Flask, no clock."""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import pyotp

STEP_SECONDS = 30
DRIFT_STEPS = 1  # by so many may the clock of somebody's telephone differ
SKEW_STEPS = 10  # by so many, at the most, those of the servers (`clock.MAX_SKEW`)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits, 16 letters
GROUP = 4


@dataclass(frozen=True, slots=True)
class SecondFactorCode:
    """What somebody brings beside their password: a code of their program, or one for its loss."""

    totp: str | None = field(default=None, repr=False)
    recovery_code: str | None = field(default=None, repr=False)

    @property
    def is_given(self) -> bool:
        """True if there is anything."""
        return self.totp is not None or self.recovery_code is not None


NO_CODE = SecondFactorCode()


def new_secret() -> str:
    """Return 160 random bits, as programs for codes take them."""
    return pyotp.random_base32()


def address_of(secret: str, *, account: str, issuer: str) -> str:
    """Return the `otpauth:` address that such programs read as a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """Return the step of time to which a code belongs; None if it is not good now.

    One at or before `last_step` was used. A last step that is further ahead than clocks differ was noted by
    one that was wrong, and does not count.
    """
    generator, current = pyotp.TOTP(secret, interval=STEP_SECONDS), int(now.timestamp()) // STEP_SECONDS
    if last_step is not None and last_step > current + DRIFT_STEPS + SKEW_STEPS:
        last_step = None
    offered = code.replace(" ", "").encode()
    good = [
        step
        for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
        if hmac.compare_digest(generator.generate_otp(step).encode(), offered)
    ]
    return next((step for step in good if last_step is None or step > last_step), None)


def new_recovery_code() -> str:
    """Return a code that people can write down: `abcd-efgh-ijkl-mnop`."""
    letters = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def plain_recovery_code(code: str) -> str:
    """Return a code as it is compared, however it was typed."""
    return "".join(code.split()).replace("-", "").lower()
