"""The events of upload sessions."""

from wxcloudrun.kit.events import EventKind

UPLOAD_SESSION_BEGUN = EventKind("upload_session.begun")
UPLOAD_SESSION_ABORTED = EventKind("upload_session.aborted")
UPLOAD_SESSION_EXPIRED = EventKind("upload_session.expired")
UPLOAD_SESSION_FAILED = EventKind("upload_session.failed")
UPLOAD_SESSION_DONE = EventKind("upload_session.done")
