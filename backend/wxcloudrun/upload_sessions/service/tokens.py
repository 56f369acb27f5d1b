"""Tokens that open one upload session and nothing else, and live as long as it may.

An access token lives for minutes, an upload over a slow line for days. A token stands on the credential with
which the session was begun: it may see and do no more than that one, and ends with it when that is revoked.
"""

from datetime import datetime

from itsdangerous import BadSignature

from wxcloudrun.identity.service.delegation import Delegated
from wxcloudrun.kit import clock
from wxcloudrun.kit.security import UPLOAD_TOKEN_PREFIX, Actor, Basis, CredentialKind
from wxcloudrun.secrecy.derived_keys import KeyRing
from wxcloudrun.secrecy.signing import signer


class UploadTokens:
    """Issues and reads them."""

    def __init__(self, keys: KeyRing) -> None:
        self._signer = signer(keys, salt="upload-session", former=True)

    def issue(self, public_id: str, actor: Actor, expires_at: datetime) -> str:
        """Return the token of a session for whoever begins it."""
        began = [actor.user_id, actor.credential.value, actor.credential_id, actor.session_id]
        signed = self._signer.dumps([public_id, int(expires_at.timestamp()), *began])
        return UPLOAD_TOKEN_PREFIX + (signed if isinstance(signed, str) else signed.decode())

    def read(self, token: str) -> Delegated | None:
        """Return what a token says; None if it is not ours, or is over."""
        try:
            said = self._signer.loads(token.removeprefix(UPLOAD_TOKEN_PREFIX))
            public_id, expires, user_id, credential, credential_id, session_id = said
        except (BadSignature, ValueError, TypeError):
            return None
        if expires <= clock.now().timestamp():
            return None
        return Delegated(public_id, user_id, Basis(CredentialKind(credential), credential_id, session_id))
