"""What other domains may read here: tables of logins, which are live."""

from wxcloudrun.sessions.models import LoginSession, RefreshToken, RevokedToken
from wxcloudrun.sessions.queries import Life, is_live

__all__ = [
    "Life",
    "LoginSession",
    "RefreshToken",
    "RevokedToken",
    "is_live",
]
