"""Giving a credential back, whichever it is."""

from datetime import timedelta

from wxcloudrun.accounts import queries
from wxcloudrun.accounts.models import RevokedToken
from wxcloudrun.accounts.service.tokens import AccessTokens
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.security import Actor, CredentialKind

ADDRESSES_KEPT = timedelta(days=90)


class RevocationService:
    """Makes credentials useless before their time, and forgets those that time has made useless."""

    def __init__(self, *, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def revoke(self, actor: Actor) -> None:
        """Revoke the very credential that was presented: this access token, API key or session.

        An access token leaves its session and the refresh token as they are. Raises Unauthorized for
        an anonymous caller.
        """
        if actor.user_id is None or actor.credential_id is None:
            raise Unauthorized("log in or present an API key")
        user_id, credential_id = actor.user_id, actor.credential_id

        def work(tx: Transaction) -> None:
            record(tx, actor, "credential.revoked", f"user/{user_id}/{actor.credential}/{credential_id}")
            match actor.credential:
                case CredentialKind.JWT:
                    self._revoke_token(tx, credential_id)
                case CredentialKind.API_KEY:
                    revoke_key(tx, int(credential_id), user_id)
                case _:
                    queries.end_session(tx.session, credential_id, clock.now())

        atomically(work)

    def forget_expired(self) -> int:
        """Delete what has expired anyway; return how many rows that were."""
        now = clock.now()
        return atomically(
            lambda tx: queries.forget_expired(tx.session, now, addresses_before=now - ADDRESSES_KEPT)
        )

    def _revoke_token(self, tx: Transaction, jti: str) -> None:
        if queries.is_revoked(tx.session, jti):
            return
        surely_over = clock.now() + timedelta(seconds=self._tokens.longest_validity_seconds())
        tx.session.add(RevokedToken(jti=jti, expires_at=surely_over))


def revoke_key(tx: Transaction, key_id: int, user_id: int) -> None:
    """Revoke a key, unless somebody else was faster."""
    key = queries.lock_key(tx.session, key_id, user_id, bound_to=None)
    if key is not None:
        key.revoked_at = clock.now()
