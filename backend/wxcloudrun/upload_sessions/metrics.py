"""What is measured of upload sessions."""

from wxcloudrun.kit.metrics import counter

UPLOAD_SESSIONS = counter(
    "registry_upload_sessions",
    "Uploads in several requests, by what happened: begun, done, failed, aborted, expired.",
    "event",
)
