"""What others may read here: the table of sessions, their states, which are alive."""

from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import ALIVE, has_begun_with

__all__ = ["ALIVE", "SessionState", "UploadSession", "has_begun_with"]
