"""What stands in the header Authorization: a token (RFC 6750), or a password (RFC 7617)."""

import base64

from flask import request


def bearer_token() -> str | None:
    """Return the token that the request presents as a bearer; None if it presents none so."""
    return credentials_of("bearer")


def basic_password() -> str | None:
    """Return the password that the request presents; None if it presents none that can be read.

    Who it says that it is counts for nothing, and may be written in any encoding.
    """
    encoded = credentials_of("basic")
    if encoded is None:
        return None
    try:
        _, _, password = base64.b64decode(encoded, validate=True).partition(b":")
        return password.decode() or None
    except ValueError:  # what is no base64, or no UTF-8
        return None


def credentials_of(wanted: str) -> str | None:
    """Return what stands behind the name of a scheme; None for nothing, or another scheme."""
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    return credentials.strip() or None if scheme.lower() == wanted else None
