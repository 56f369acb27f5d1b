"""Statements of ours that come back to us: anybody may read them, nobody else can make one."""

import hashlib
from typing import Any

from itsdangerous import URLSafeSerializer

from wxcloudrun.secrecy.derived_keys import KeyRing

FORMER_SIGNATURES = ({"digest_method": hashlib.sha1, "key_derivation": "django-concat"},)


def signer(keys: KeyRing, *, salt: str, former: bool = False) -> URLSafeSerializer:
    """Return what signs with the newest key, by HMAC-SHA256, and reads what any accepted one has signed.

    With `former`, signatures of the kind that was made before are read as well (HMAC-SHA1).
    """
    how: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(
        [key.value for key in reversed(keys.accepted)],  # it signs with the last one
        salt=salt,
        signer_kwargs=how,
        fallback_signers=list(FORMER_SIGNATURES) if former else [],
    )
