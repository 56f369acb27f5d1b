"""How long a login lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wxcloudrun.kit import clock
from wxcloudrun.sessions.queries import Life


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a login lasts, and what it gives out and knows."""

    access_token_seconds: int  # until the last server is sure that it is over
    refresh_token_seconds: int
    refresh_leeway_seconds: int  # how long a used refresh token may come again
    login_seconds: int  # of a login from its beginning, however often it is refreshed
    proof_seconds: int  # how long it is known who is there

    @property
    def session(self) -> timedelta:
        """A session lives as long as its refresh token, but no shorter than its access token."""
        return timedelta(seconds=max(self.refresh_token_seconds, self.access_token_seconds))

    @property
    def whole(self) -> timedelta:
        """How long a session may be continued."""
        return timedelta(seconds=self.login_seconds)

    def life(self, now: datetime) -> Life:
        """Return by what queries know which sessions live now."""
        return Life(now, self.session, self.whole)

    def end_of(self, created_at: datetime, now: datetime) -> datetime:
        """Return when a session ends that is used now and never again."""
        return min(now + self.session, created_at + self.whole)

    def is_recent(self, proved_at: datetime | None, now: datetime) -> bool:
        """Tell whether somebody who proved at that time who they are need not do it again yet."""
        if proved_at is None:
            return False
        return now - timedelta(seconds=self.proof_seconds) < proved_at <= clock.latest_credible(now)
