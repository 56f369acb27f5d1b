"""What e-mail addresses, user names and passwords may be."""

import enum
import re
from collections.abc import Iterable

import email_validator

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import Text, borrowed, text
from wxcloudrun.secrecy import strength

# A private installation may well live in one of the domains that are special on the public internet.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_EMAIL_LENGTH = 254
MAX_USERNAME_LENGTH = 150
SERVICE_PREFIX = "service:"  # how the user names of service accounts begin, and nobody else's
MIN_PASSWORD_BYTES = 8
MAX_PASSWORD_BYTES = 1024
NO_WORD = re.compile(r"[\W\d_]+")


class UserKind(enum.StrEnum):
    """What a user is: a person, or a service account, which has API keys and no other way in."""

    PERSON = "person"
    SERVICE = "service"


def canonical_email(address: str) -> str:
    """Return the one spelling under which an address is stored and found: normalized, lower case.

    Whether the address can be delivered to is not looked up. Raises WrongValue that says what is wrong.
    """
    if len(address) > MAX_EMAIL_LENGTH:
        raise WrongValue(too_long())
    try:
        checked = email_validator.validate_email(
            address, check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as error:
        raise WrongValue(borrowed(str(error), "this is not a valid e-mail address")) from error
    canonical = checked.normalized.lower()
    if len(canonical) > MAX_EMAIL_LENGTH:
        raise WrongValue(too_long())
    return canonical


def too_long() -> Text:
    """Say how long an e-mail address may be."""
    return text("use at most {limit} characters", limit=MAX_EMAIL_LENGTH)


def check_username(name: str) -> str:
    """Return `name`; WrongValue that says what people may be called."""
    if not 0 < len(name) <= MAX_USERNAME_LENGTH or name != name.strip() or not name.isprintable():
        raise WrongValue(
            text(
                "use 1 to {limit} printable characters without spaces around them", limit=MAX_USERNAME_LENGTH
            )
        )
    if name.casefold().startswith(SERVICE_PREFIX):
        raise WrongValue(
            text("names that begin with {prefix} are for service accounts", prefix=SERVICE_PREFIX)
        )
    return name


def check_password(password: str) -> str:
    """Return `password`; WrongValue that says how long one must be, in bytes of UTF-8."""
    if not MIN_PASSWORD_BYTES <= len(password.encode()) <= MAX_PASSWORD_BYTES:
        raise WrongValue(
            text("use {least} to {most} bytes", least=MIN_PASSWORD_BYTES, most=MAX_PASSWORD_BYTES)
        )
    if strength.is_common(password):
        raise WrongValue(text("many people have this password, and it is tried first; use another"))
    return password


def check_own_password(password: str, names: Iterable[str]) -> str:
    """Return `password`; WrongValue if it is little more than names that everybody knows of this account."""
    if strength.is_made_of(password, words_of(names)):
        raise WrongValue(
            text("this is little more than a name of the account or of the service; use another")
        )
    return password


def words_of(names: Iterable[str]) -> set[str]:
    """Return names and the words in them; of an address its parts without the last, such as `com`."""
    words: set[str] = set()
    for name in names:
        local, at, domain = name.rpartition("@")
        words |= {name, local, *domain.split(".")[:-1]} if at else {name}
    return words | {part for word in words for part in NO_WORD.split(word)}


def username_from(email: str) -> str:
    """Return what somebody is called who gave no name."""
    return email.rpartition("@")[0]
