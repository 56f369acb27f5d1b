"""What e-mail addresses, user names and passwords may be, and which browser requests are our own."""

from collections.abc import Collection
from urllib.parse import urlsplit

import email_validator

# A private installation may well live in one of the domains that are special on the public internet.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_EMAIL_LENGTH = 254
MAX_USERNAME_LENGTH = 150
MIN_PASSWORD_BYTES = 8
MAX_PASSWORD_BYTES = 1024
OWN_FETCH_SITES = frozenset({"same-origin", "none"})


def canonical_email(text: str) -> str:
    """Return the one spelling under which an address is stored and found: normalized, lower case.

    Whether the address can be delivered to is not looked up. Raises ValueError that says what is wrong.
    """
    if len(text) > MAX_EMAIL_LENGTH:
        raise ValueError(f"use at most {MAX_EMAIL_LENGTH} characters")
    checked = email_validator.validate_email(text, check_deliverability=False, globally_deliverable=False)
    canonical = checked.normalized.lower()
    if len(canonical) > MAX_EMAIL_LENGTH:
        raise ValueError(f"use at most {MAX_EMAIL_LENGTH} characters")
    return canonical


def check_username(name: str) -> str:
    """Return `name`; ValueError that says what people may be called."""
    if not 0 < len(name) <= MAX_USERNAME_LENGTH or name != name.strip() or not name.isprintable():
        raise ValueError(f"use 1 to {MAX_USERNAME_LENGTH} printable characters without spaces around them")
    return name


def check_password(password: str) -> str:
    """Return `password`; ValueError that says how long one must be, in bytes of UTF-8."""
    if not MIN_PASSWORD_BYTES <= len(password.encode()) <= MAX_PASSWORD_BYTES:
        raise ValueError(f"use {MIN_PASSWORD_BYTES} to {MAX_PASSWORD_BYTES} bytes")
    return password


def username_from(email: str) -> str:
    """Return what somebody is called who gave no name."""
    return email.rpartition("@")[0]


def is_our_own(
    *, origin: str | None, fetch_site: str | None, host: str, allowed_origins: Collection[str]
) -> bool:
    """Tell whether a request comes from our own pages, from an allowed origin, or from no browser.

    A browser states the origin of a page that writes (Fetch standard, section 3.2), or at least the
    relation of the two sites (Fetch Metadata); it lets no page forge either. Programs send neither.
    """
    origins = {as_origin(allowed) for allowed in allowed_origins} - {None}
    if origin is not None:
        return network_location(origin) == host.lower() or as_origin(origin) in origins
    return fetch_site is None or fetch_site in OWN_FETCH_SITES


def as_origin(url: str) -> str | None:
    """Return scheme, host and port of a URL as a browser writes them, None if it has none."""
    location = network_location(url)
    return f"{urlsplit(url).scheme.lower()}://{location}" if location else None


def network_location(url: str) -> str | None:
    """Return host and port of a URL, None if it has none."""
    try:
        return urlsplit(url).netloc.lower() or None
    except ValueError:
        return None
