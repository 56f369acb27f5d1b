"""What can happen to maintenance that somebody asks for."""

from wxcloudrun.kit.events import EventKind

MAINTENANCE_STARTED = EventKind("maintenance.started")
