"""One key for each purpose, derived from a secret of the server that can be changed without ending anything.

What is made with a key of one purpose says nothing about those of the others (RFC 5869). While a secret is
being changed, what the one before it has made is accepted, and everything new is made with the new one.
"""

import enum
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wxcloudrun.kit import ids

KEY_BYTES = 32
NAME_BYTES = 8
CONTEXT = "wxcloudrun: "


class Purpose(enum.StrEnum):
    """What a key is for. The key is made from these words: another word is another key."""

    ACCESS_TOKENS = "access tokens"
    API_KEYS = "API keys"
    COOKIES = "session cookies"
    REFRESH_TOKENS = "refresh tokens"
    REFRESH_SUCCESSORS = "successors of refresh tokens"
    UPLOAD_TOKENS = "tokens of upload sessions"
    LINKS = "download links"
    AUDIT_CHAIN = "audit chain"
    AUDIT_ENTRIES = "audit entries"
    FORMER_AUDIT_KEYS = "former audit keys"
    SECOND_FACTORS = "second factors"
    RECOVERY_CODES = "recovery codes"
    DEVICE_COOKIES = "device cookies"
    MAILED_LINKS = "mailed links"
    NPM_LOGINS = "logins of npm"
    NPM_LOGIN_PAGES = "pages of logins of npm"


def as_it_is(secret: bytes) -> bytes:
    """Return the key of a purpose that used the secret itself."""
    return secret


def chain_key(secret: bytes) -> bytes:
    """Return the key that the audit chain had."""
    return hmac.digest(secret, b"audit chain", hashlib.sha256)


FORMER_KEYS: Mapping[Purpose, Callable[[bytes], bytes]] = {
    Purpose.ACCESS_TOKENS: as_it_is,
    Purpose.API_KEYS: as_it_is,
    Purpose.COOKIES: as_it_is,
    Purpose.REFRESH_TOKENS: as_it_is,
    Purpose.REFRESH_SUCCESSORS: as_it_is,
    Purpose.UPLOAD_TOKENS: as_it_is,
    Purpose.AUDIT_CHAIN: chain_key,
}
"""The keys of releases whose purposes all had the secret itself: what they have made is still accepted."""


@dataclass(frozen=True, slots=True)
class DerivedKey:
    """A key of one purpose. `name` says which secret it comes from, and nothing about either."""

    name: str
    value: bytes = field(repr=False)

    def hash(self, secret: str) -> str:
        """Return HMAC-SHA256 of a high-entropy secret as hex."""
        return ids.keyed_hash(secret, key=self.value)


@dataclass(frozen=True, slots=True)
class HashAndKey:
    """What is stored of somebody's secret: a hash of it, and the name of the key that it was made with."""

    value: str
    key_name: str


class KeyRing:
    """The keys of one purpose: `newest` makes what is new, every one of `accepted` opens what there is."""

    def __init__(self, accepted: tuple[DerivedKey, ...]) -> None:
        self.newest = accepted[0]
        self.accepted = accepted  # newest first

    def keep(self, secret: str) -> HashAndKey:
        """Return what is to be stored of a secret."""
        return HashAndKey(self.newest.hash(secret), self.newest.name)

    def hashes(self, secret: str) -> Iterator[str]:
        """Return what may be stored of a secret, beginning with the newest key."""
        return (key.hash(secret) for key in self.accepted)

    def fits(self, secret: str, kept: str) -> bool:
        """Tell whether `kept` is a hash of the secret."""
        return any(hmac.compare_digest(each, kept) for each in self.hashes(secret))


class ServerKeys:
    """Everything that is derived from one secret of the server, and from the one before it."""

    def __init__(self, secret: str, previous: str | None = None) -> None:
        given = (secret,) if previous is None else (secret, previous)
        self._secrets = [(name_of(each.encode()), each.encode()) for each in given]

    def ring(self, purpose: Purpose) -> KeyRing:
        """Return the keys of a purpose."""
        keys = [DerivedKey(name, derived(secret, purpose)) for name, secret in self._secrets]
        if (former := FORMER_KEYS.get(purpose)) is not None:
            keys += [DerivedKey(f"{name} itself", former(secret)) for name, secret in self._secrets]
        return KeyRing(tuple(keys))


def derived(secret: bytes, purpose: str, length: int = KEY_BYTES) -> bytes:
    """Return the key of a purpose (HKDF-SHA256; the secret is random, so there is no salt)."""
    info = f"{CONTEXT}{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def name_of(secret: bytes) -> str:
    """Return how a secret is called beside what was made with its keys: 16 hex digits."""
    return derived(secret, "name of the secret", NAME_BYTES).hex()
