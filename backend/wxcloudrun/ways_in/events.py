"""The events of ways in."""

from wxcloudrun.kit.events import EventKind

WAYS_IN_ENDED = EventKind("ways_in.ended")
