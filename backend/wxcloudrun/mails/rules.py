"""What is mailed, to whom, and how it reads: no SQL, no clock."""

import enum
from collections.abc import Mapping
from datetime import timedelta

from wxcloudrun.kit.events import Event
from wxcloudrun.kit.languages import CHINESE, ENGLISH, said
from wxcloudrun.kit.texts import Text, text

TOKEN_PREFIX = "wxrm_"  # noqa: S105  # by which a leaked one is recognised


class TokenPurpose(enum.StrEnum):
    """What a mailed token is good for."""

    RECOVERY = "recovery"
    VERIFICATION = "verification"


LIFETIMES: Mapping[TokenPurpose, timedelta] = {
    TokenPurpose.RECOVERY: timedelta(minutes=30),
    TokenPurpose.VERIFICATION: timedelta(days=1),
}


def address_before(event: Event) -> str | None:
    """Return the address that somebody had before an event has changed it; None if it is the same."""
    before, after = event.before or {}, event.after or {}
    address = before.get("email")
    return address if address is not None and after.get("email", address) != address else None


def recovery_text(service: str, token: str) -> Text:
    """Say how a password is set anew."""
    return text(
        "Somebody, perhaps you, wants to set a new password for your account at {service}.\n\n"
        "If that was not you, do nothing: the password stays. Else send this token within 30 minutes, with "
        "the new password, to POST {service}/api/v1/auth/recovery/complete:\n\n{token}\n\n"
        "All logins, API keys and other ways in end then. If you have a second factor, it is asked for.",
        service=service,
        token=token,
    )


def verification_text(service: str, token: str) -> Text:
    """Say how an address is verified."""
    return text(
        "An account at {service} has this e-mail address. If it is yours, log in and send this token within "
        "a day to POST {service}/api/v1/auth/email/verified:\n\n{token}\n\n"
        "If it is not, do nothing.",
        service=service,
        token=token,
    )


def notice_text(service: str, what: str, at: str, address: str) -> Text:
    """Say what has changed about somebody's ways in, as `GET /auth/me` does."""
    return text(
        "A way into your account at {service} has changed: {what}, at {at}, from {address}.\n\n"
        "If that was not you, recover your account or ask an administrator.",
        service=service,
        what=what,
        at=at,
        address=address,
    )


def in_all_languages(sentence: Text) -> str:
    """Return a text in each language: who gets a mail has not said which they read."""
    return f"{said(sentence, ENGLISH)}\n\n----\n\n{said(sentence, CHINESE)}\n"
