"""What other domains may read here: the table of sessions, and their states."""

from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import ALIVE

__all__ = ["ALIVE", "SessionState", "UploadSession"]
