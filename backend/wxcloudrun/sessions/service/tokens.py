"""Access tokens: signed statements, good for minutes, about whose session it is (RFC 7519, RFC 8725)."""

from dataclasses import dataclass

import jwt

from wxcloudrun.kit import clock, ids
from wxcloudrun.secrecy.derived_keys import KeyRing

ALGORITHM = "HS256"
ISSUER = "wxcloudrun"
AUDIENCE = "wxcloudrun-api"
TYPE = "access"
LEEWAY_SECONDS = 60
CLAIMS = ("iss", "aud", "sub", "jti", "iat", "exp", "typ", "sid")


class InvalidToken(Exception):
    """A token that is not ours, not for this, or not valid now."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token states."""

    user_id: int
    session_id: str
    jti: str


class AccessTokens:
    """Signs with the newest key and accepts them all: changing keys logs nobody out."""

    def __init__(self, keys: KeyRing, *, lifetime_seconds: int) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._keys = {key_id(key.value): key.value for key in keys.accepted}
        self._signing_key_id = key_id(keys.newest.value)

    def issue(self, user_id: int, session_id: str) -> str:
        """Return a fresh token for a session."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "jti": ids.new_id(),
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "typ": TYPE,
            "sid": session_id,
        }
        key = self._keys[self._signing_key_id]
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": self._signing_key_id})

    def read(self, token: str) -> Claims:
        """Return what `token` states. Raises InvalidToken, whatever is wrong with it."""
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],  # what the token itself says about that never counts
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_SECONDS,
                options={"require": list(CLAIMS), "strict_aud": True},
            )
            if claims["typ"] != TYPE:
                raise InvalidToken
            return Claims(int(claims["sub"]), str(claims["sid"]), str(claims["jti"]))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise InvalidToken from error

    def longest_validity_seconds(self) -> int:
        """Return after how many seconds a token that was issued just now is surely over."""
        return self.lifetime_seconds + 2 * LEEWAY_SECONDS


def key_id(key: bytes) -> str:
    """Return the name under which tokens mention a key; it says nothing about the key."""
    return ids.keyed_hash("kid", key=key)[:16]
