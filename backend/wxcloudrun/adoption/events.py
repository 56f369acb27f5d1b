"""The events of adoption."""

from wxcloudrun.kit.events import EventKind

ADOPTION_STARTED = EventKind("adoption.started")
ADOPTION_FINISHED = EventKind("adoption.finished")
