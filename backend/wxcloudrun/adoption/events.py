"""What can happen to packages that are taken over into one of another format."""

from wxcloudrun.kit.events import EventKind

ADOPTION_STARTED = EventKind("adoption.started")
ADOPTION_FINISHED = EventKind("adoption.finished")
