"""The events of the audit log itself."""

from wxcloudrun.kit.events import EventKind

AUDIT_BEGUN = EventKind("audit.begun")
AUDIT_PRUNED = EventKind("audit.pruned")
AUDIT_READ = EventKind("audit.read")
REQUEST_REFUSED = EventKind("request.refused")
