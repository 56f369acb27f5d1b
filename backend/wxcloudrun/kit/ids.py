"""Random identifiers and secrets, and the fingerprints under which secrets are stored."""

import hashlib
import hmac
import re
import secrets

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def new_id() -> str:
    """Return 128 random bits as 32 lower-case hex digits."""
    return secrets.token_hex(16)


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits, URL-safe, behind a prefix by which a leaked one is recognised."""
    return prefix + secrets.token_urlsafe(32)


def keyed_hash(secret: str, *, key: bytes) -> str:
    """Return HMAC-SHA256 of a high-entropy secret as hex, so that a stolen table opens nothing."""
    return hmac.digest(key, secret.encode(), hashlib.sha256).hex()


def request_id(offered: str | None) -> str:
    """Return the caller's own request id if it is well-formed, else a fresh one."""
    if offered is not None and REQUEST_ID.fullmatch(offered):
        return offered
    return new_id()
