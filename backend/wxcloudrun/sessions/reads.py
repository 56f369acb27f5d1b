"""What other domains may read here: tables of logins, which are live, how all of a user end."""

from wxcloudrun.sessions.models import LoginSession, RevokedToken
from wxcloudrun.sessions.queries import end_sessions_of, is_live

__all__ = [
    "LoginSession",
    "RevokedToken",
    "end_sessions_of",
    "is_live",
]
