"""The events of notices."""

from wxcloudrun.kit.events import EventKind

NOTICES_SEEN = EventKind("notices.seen")
