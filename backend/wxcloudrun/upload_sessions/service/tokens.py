"""Tokens that open one upload session and nothing else, and live as long as it may.

An access token lives for minutes, an upload over a slow line for days. Whoever holds the token acts for the
user who began the session, with the rights that this user has at the moment.
"""

from dataclasses import replace
from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import asking
from wxcloudrun.kit.security import ANONYMOUS, EVERY_SCOPE, UPLOAD_TOKEN_PREFIX, Actor, CredentialKind
from wxcloudrun.upload_sessions import queries


class UploadTokens:
    """Issues and reads them."""

    def __init__(self, *, secret: str) -> None:
        self._signer = URLSafeSerializer(secret, salt="upload-session")

    def issue(self, public_id: str, user_id: int | None, expires_at: datetime) -> str:
        """Return the token of a session."""
        signed = self._signer.dumps([public_id, user_id, int(expires_at.timestamp())])
        return UPLOAD_TOKEN_PREFIX + (signed if isinstance(signed, str) else signed.decode())

    def bearer(self, token: str) -> Actor | None:
        """Return who acts with a token; None if it is not ours, is over, or its user is not active."""
        try:
            public_id, user_id, expires = self._signer.loads(token.removeprefix(UPLOAD_TOKEN_PREFIX))
        except (BadSignature, ValueError, TypeError):
            return None
        if user_id is None or expires <= clock.now().timestamp():
            return None
        with asking() as reader:
            is_admin = queries.is_administrator(reader, user_id)
        if is_admin is None:
            return None
        return replace(
            ANONYMOUS,
            user_id=user_id,
            is_admin=is_admin,
            scopes=EVERY_SCOPE,
            credential=CredentialKind.UPLOAD_TOKEN,
            credential_id=public_id,
            upload_session=public_id,
        )
