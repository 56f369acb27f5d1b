"""What e-mail addresses, user names and passwords may be."""

import enum
import hashlib
import re
import unicodedata
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
# What Unicode calls Default_Ignorable_Code_Point (DerivedCoreProperties 15.0) and Python printable.
SHOWS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
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


def folded_name(name: str) -> str:
    """Return what two user names have in common that are taken for the same.

    Case does not count, nor how a letter is written (full width, composed or not, as a ligature), nor what
    shows nothing, nor how many spaces there are.
    """
    folded = name
    for _ in range(2):  # as Unicode has it for NFKC_Casefold: folding may leave what composes
        folded = SHOWS_NOTHING.sub("", unicodedata.normalize("NFKC", folded)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def username_key(name: str) -> str:
    """Return by what a user name is unique and is found; it is as short for every name."""
    return hashlib.sha256(folded_name(name).encode("utf-8", "surrogatepass")).hexdigest()


def check_username(name: str) -> str:
    """Return `name`; WrongValue that says what people may be called.

    None looks like an e-mail address: whoever names somebody by theirs must not get another person.
    """
    folded = folded_name(name) if len(name) <= MAX_USERNAME_LENGTH else ""  # nobody lets us fold a megabyte
    if not (folded and name == name.strip() and name.isprintable()):
        raise WrongValue(
            text(
                "use 1 to {limit} printable characters without spaces around them", limit=MAX_USERNAME_LENGTH
            )
        )
    if folded.startswith(SERVICE_PREFIX):
        raise WrongValue(
            text("names that begin with {prefix} are for service accounts", prefix=SERVICE_PREFIX)
        )
    if "@" in folded:
        raise WrongValue(text("a user name holds no @, which makes an e-mail address"))
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
    """Return what somebody may be called who gave no name."""
    try:
        return check_username(email.rpartition("@")[0])
    except WrongValue:
        return "user"


def check_called(called: str) -> str:
    """Return by what somebody names a person: the canonical spelling of an address, or a user name.

    What holds an @ is an address, and nothing else. WrongValue if it can be neither.
    """
    return canonical_email(called) if "@" in called else check_username(called)
