"""How long a login lasts."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a login lasts without being refreshed, and how long a used refresh token may come again."""

    access_token_seconds: int  # until the last server is sure that it is over
    refresh_token_seconds: int
    refresh_leeway_seconds: int

    @property
    def session(self) -> timedelta:
        """A session lives as long as its refresh token, but no shorter than its access token."""
        return timedelta(seconds=max(self.refresh_token_seconds, self.access_token_seconds))
