"""What other domains may read here: the addresses that are known, and when they are forgotten."""

from wxcloudrun.attempts.models import KnownAddress
from wxcloudrun.attempts.queries import is_forgotten

__all__ = [
    "KnownAddress",
    "is_forgotten",
]
