"""The events of maintenance on request."""

from wxcloudrun.kit.events import EventKind

MAINTENANCE_STARTED = EventKind("maintenance.started")
