"""What others may read here: the table of sessions, their states, and what they leave behind when they go."""

from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import ALIVE, end_leases

__all__ = ["ALIVE", "SessionState", "UploadSession", "end_leases"]
