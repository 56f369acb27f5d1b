"""Forgetting what time has made useless."""

from datetime import timedelta

from wxcloudrun.attempts.reads import KnownAddress, is_forgotten
from wxcloudrun.erasure.service import erase_all
from wxcloudrun.kit import clock
from wxcloudrun.sessions import queries
from wxcloudrun.sessions.service.lifetimes import Lifetimes

ADDRESSES_KEPT = timedelta(days=90)


class ExpiryService:
    """Deletes logins that are over, and addresses that nobody logs in from any more."""

    def __init__(self, *, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes

    def forget_expired(self) -> int:
        """Delete what has expired anyway; return how many rows that were."""
        now = clock.now()
        expired = queries.expired(now, self._lifetimes.session)
        gone = sum(erase_all(model, is_over) for model, is_over in expired)
        return gone + erase_all(KnownAddress, is_forgotten(now, ADDRESSES_KEPT))
