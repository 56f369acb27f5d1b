"""The events of uploads."""

from wxcloudrun.kit.events import EventKind

UPLOAD_ACCEPTED = EventKind("upload.accepted")
UPLOAD_DELETED = EventKind("upload.deleted")
