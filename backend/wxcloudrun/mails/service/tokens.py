"""Tokens that are mailed: made when the mail is sent, kept as a keyed hash, good once."""

from sqlalchemy.orm import Session

from wxcloudrun.erasure.service import erase_all
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction
from wxcloudrun.mails import queries
from wxcloudrun.mails.models import MailedToken
from wxcloudrun.mails.rules import LIFETIMES, TOKEN_PREFIX, TokenPurpose
from wxcloudrun.secrecy.derived_keys import KeyRing
from wxcloudrun.users.reads import User


class MailedTokens:
    """Makes tokens, finds and forgets them."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def issue(self, tx: Transaction, user_id: int, email: str, purpose: TokenPurpose) -> str:
        """Return a new token for an account with this address; only the mail may hold it."""
        token = ids.new_secret(TOKEN_PREFIX)
        kept = MailedToken(
            token_hash=self._ring.keep(token).value,
            user_id=user_id,
            purpose=purpose.value,
            email=email,
            expires_at=clock.now() + LIFETIMES[purpose],
        )
        tx.session.add(kept)
        return token

    def find(self, session: Session, token: str, purpose: TokenPurpose) -> MailedToken | None:
        """Return what is kept of a token that is good for this now."""
        return queries.live_token(session, list(self._ring.hashes(token)), purpose, clock.now())

    def use(self, tx: Transaction, token: MailedToken, purpose: TokenPurpose) -> bool:
        """Use a token up, and all others that its account has for this; False if that was done already."""
        if not queries.use_token(tx.session, token):
            return False
        queries.forget_tokens(tx.session, token.user_id, purpose)
        return True

    def forget_expired(self) -> int:
        """Delete what has expired; return how many rows that were."""
        return erase_all(MailedToken, queries.is_over(clock.now()))


def is_outdated(token: MailedToken, user: User, purpose: TokenPurpose) -> bool:
    """Tell whether its owner has another address by now, or has ended all logins since it was made."""
    ended, made = user.logins_ended_at, token.expires_at - LIFETIMES[purpose]
    return token.email != user.email or (ended is not None and made <= ended)
